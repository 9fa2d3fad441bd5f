import { ArgumentError } from '../wait/errors.js';
import { checkExportName, stringFault } from './strings.js';
import { checkSocketPath, socketPathFault } from './unix-socket.js';

/** Where an export is. */
export interface NbdAddress {
  /** A Unix socket; else there is a host. */
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
  /** The export. Default: the server's default export, which has the empty name. */
  readonly name?: string;
  /** Whether TLS has to be spoken. */
  readonly tls?: boolean;
}

/** The port that NBD has been given. */
export const NBD_PORT = 10809;

/**
 * Reads a URI as the NBD project's doc/uri.md defines it: `nbd://host:port/name`, `nbd+unix:///name?socket=path`, and the
 * same with `nbds` for TLS.
 * @throws ArgumentError `ERR_NBD_URI` saying what is wrong with it
 */
export function parseNbdUri(uri: string): NbdAddress {
  let url: URL;
  try {
    url = new URL(uri);
  } catch {
    throw refusal(uri, 'it is no URI');
  }
  const scheme = /^(nbds?)(\+unix)?:$/.exec(url.protocol);
  if (scheme === null) throw refusal(uri, 'its scheme must be nbd, nbds, nbd+unix or nbds+unix');
  const unknown = [...url.searchParams.keys()].find((key) => key !== 'socket');
  if (unknown !== undefined) throw refusal(uri, `it asks for "${unknown}", which is not understood here`);
  const common = { name: decode(uri, url.pathname.slice(1)), tls: scheme[1] === 'nbds' };
  const unsendable = stringFault(common.name);
  if (unsendable !== null) throw refusal(uri, `the name of its export cannot be sent: ${unsendable}`);
  const socket = url.searchParams.get('socket');
  if (scheme[2] === undefined) {
    if (socket !== null) throw refusal(uri, 'a socket needs the scheme nbd+unix or nbds+unix');
    if (url.hostname === '') throw refusal(uri, 'it names no host');
    const host = decode(uri, url.hostname).replace(/^\[(.*)\]$/, '$1');
    return { ...common, host, port: url.port === '' ? NBD_PORT : Number(url.port) };
  }
  if (socket === null) throw refusal(uri, 'it names no socket (?socket=PATH)');
  const fault = socketPathFault(socket);
  if (fault !== null) throw refusal(uri, `the path of its socket cannot be one: ${fault}`);
  return { ...common, path: socket };
}

/**
 * @throws ArgumentError `ERR_NBD_URI`; ArgumentRangeError `ERR_SOCKET_PATH` for a path that would be cut off, `ERR_EXPORT` for a
 *   name that cannot be sent
 */
export function addressOf(where: string | NbdAddress): NbdAddress {
  if (typeof where === 'string') return parseNbdUri(where);
  if (where.path !== undefined) checkSocketPath(where.path);
  checkExportName(where.name ?? '');
  return where;
}

/** An address as a URI. */
export function formatNbdUri({
  path,
  host = 'localhost',
  port = NBD_PORT,
  name = '',
  tls = false,
}: NbdAddress): string {
  const scheme = tls ? 'nbds' : 'nbd';
  const segment = name.split('/').map(encodeURIComponent).join('/');
  if (path !== undefined) {
    const socket = path.split('/').map(encodeURIComponent).join('/');
    return `${scheme}+unix:///${segment}?socket=${socket}`;
  }
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${String(port)}/${segment}`;
}

function decode(uri: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refusal(uri, `"${text}" is not properly encoded`);
  }
}

function refusal(uri: string, why: string): ArgumentError {
  return new ArgumentError('ERR_NBD_URI', `"${uri}" is no NBD URI: ${why}`);
}
