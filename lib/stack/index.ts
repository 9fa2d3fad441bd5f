export { openStack, rehearse, Stack, type DeviceReport, type StackOptions } from './stack.js';
export type { MissingMember } from './build.js';
export { parseDescription } from './description.js';
export type { DeviceDescription, StackDescription } from './device-description.js';
export { lowersOf } from './lowers.js';
export { lookAt, type DeviceLook } from './look.js';
