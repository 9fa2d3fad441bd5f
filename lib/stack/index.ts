export { openStack, Stack, type DeviceReport, type StackOptions } from './stack.js';
export { parseDescription, type DeviceDescription, type StackDescription } from './description.js';
