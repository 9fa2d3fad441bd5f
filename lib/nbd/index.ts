/** Devices over the network: an NBD server for any stack, and any NBD server as a device. */
export { NbdServer, type NbdListenOptions, type NbdServerOptions } from './server.js';
export type { NbdServerTls } from './server-tls.js';
export type { NbdExportOptions } from './export.js';
export type { NbdLimits } from './limits.js';
export type { Figures as NbdFigures } from './figures.js';
export { NbdError, type NbdErrorCode } from './nbd-error.js';
export { NbdDevice, type NbdDeviceOptions } from './nbd-device.js';
export type { NbdClientTls } from './client-tls.js';
export { parseNbdUri, formatNbdUri, type NbdAddress } from './uri.js';
