export { openStack, Stack, type DeviceReport, type StackOptions } from './stack.js';
export type { MissingMember } from './build.js';
export { parseDescription, lowersOf, type DeviceDescription, type StackDescription } from './description.js';
export { lookAt, type DeviceLook } from './look.js';
