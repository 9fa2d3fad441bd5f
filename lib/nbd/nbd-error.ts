/** What can go wrong between an NBD client and a server, beyond what a request is told. */
export type NbdErrorCode =
  /** The peer has broken the protocol, or a limit. */
  | 'ERR_NBD_PROTOCOL'
  /** The server refused an option, such as an export that it does not have. */
  | 'ERR_NBD_REFUSED'
  /** TLS is needed on one side and not to be had on the other, or failed. */
  | 'ERR_NBD_TLS'
  /** The peer is gone, or did not answer in time. */
  | 'ERR_NBD_GONE'
  /** After a reconnect the export is not what it was. */
  | 'ERR_NBD_CHANGED';

/** A connection that failed; delivered by what was under way on it. */
export class NbdError extends Error {
  readonly code: NbdErrorCode;

  constructor(code: NbdErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'NbdError';
    this.code = code;
  }
}

/** The peer has broken the protocol: says how. */
export function malformed(what: string): NbdError {
  return new NbdError('ERR_NBD_PROTOCOL', what);
}
