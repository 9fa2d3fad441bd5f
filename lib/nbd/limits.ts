import { checkCountOption, checkDelayOption, OptionError } from '../io/option-error.js';

/** What a server puts up with. Whoever goes beyond is refused or disconnected, and a line of the log says so. */
export interface NbdLimits {
  /**
   * Bytes that one request may read or write: announced, and refused beyond. Default 32 MiB, which all clients keep to; at
   * most 1 GiB.
   */
  readonly requestBytes: number;
  /** Bytes of requests and replies in flight for one connection; beyond, nothing more is read from it. Default 64 MiB. */
  readonly connectionBytes: number;
  /** The same for all connections together. Default 256 MiB, at most 1 GiB. */
  readonly totalBytes: number;
  /** Requests in flight for one connection; beyond, nothing more is read from it. Default 1024. */
  readonly connectionRequests: number;
  /** Bytes of one option of the handshake. Default 64 KiB. */
  readonly optionBytes: number;
  /** Options in one handshake. Default 1024. */
  readonly options: number;
  /** Connections at a time; beyond, new ones are closed at once. Default 256. */
  readonly connections: number;
  /** Milliseconds from a connection to its first request, TLS included. Default 10,000. */
  readonly handshakeMs: number;
  /**
   * Milliseconds for which a client may leave the payload of a request unfinished, or its replies unread, before it is
   * disconnected. Default 30,000. A client that has nothing to ask may be silent for ever.
   */
  readonly stallMs: number;
}

export const DEFAULT_LIMITS: NbdLimits = {
  requestBytes: 32 << 20,
  connectionBytes: 64 << 20,
  totalBytes: 256 << 20,
  connectionRequests: 1024,
  optionBytes: 64 * 1024,
  options: 1024,
  connections: 256,
  handshakeMs: 10_000,
  stallMs: 30_000,
};

/** The least that makes sense: an option may hold a name of 4096 bytes, and reads of 64 KiB are not refused. */
const LEAST: Partial<Record<keyof NbdLimits, number>> = { requestBytes: 64 * 1024, optionBytes: 8192 };

/** The most that can be had: memory for all of it comes from one pool, which V8 keeps to 4 GiB. */
const MOST: Partial<Record<keyof NbdLimits, number>> = { requestBytes: 2 ** 30, totalBytes: 2 ** 30 };

/** @throws OptionError `ERR_LIMIT`, `ERR_DELAY` for one out of range, or that passes what it is part of */
export function limitsOf(given: Partial<NbdLimits> = {}): NbdLimits {
  const limits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits) as [keyof NbdLimits, number][]) {
    if (name === 'handshakeMs' || name === 'stallMs') checkDelayOption(name, value);
    else checkCountOption('ERR_LIMIT', name, value, LEAST[name], MOST[name]);
  }
  const { requestBytes, connectionBytes, totalBytes } = limits;
  checkPart('requestBytes', requestBytes, 'one connection', connectionBytes);
  checkPart('connectionBytes', connectionBytes, 'all connections together', totalBytes);
  return limits;
}

function checkPart(name: keyof NbdLimits, value: number, whose: string, most: number): void {
  if (value <= most) return;
  const why = `must not pass what ${whose} may have in flight, ${String(most)}, got ${String(value)}`;
  throw new OptionError('ERR_LIMIT', name, why);
}
