/** The errno names that requests end with. */
export type IoErrorCode =
  'EIO' | 'EINVAL' | 'ENOSPC' | 'ENOMEM' | 'ENXIO' | 'EROFS' | 'EOPNOTSUPP' | 'ECANCELED' | 'ETIMEDOUT';

/** A part of a request, in bytes from its start. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

const descriptions: Record<IoErrorCode, string> = {
  EIO: 'The device could not transfer the data',
  EINVAL: 'The device refused the request',
  ENOSPC: 'No space is left on the device',
  ENOMEM: 'No memory is left for the request',
  ENXIO: 'The device is fenced or gone',
  EROFS: 'The device is read-only',
  EOPNOTSUPP: 'The device does not support the operation',
  ECANCELED: 'The request was cancelled',
  ETIMEDOUT: 'The request took longer than it was given',
};

/**
 * How a request fails: an errno name as `code`, how many bytes were transferred all the same, and which parts of the
 * request they are, for success is not a prefix (I1, I4). It is delivered through the request and never thrown at submit.
 */
export class IoError extends Error {
  readonly code: IoErrorCode;
  /** Bytes transferred, the sum over {@link succeeded}. */
  readonly bytes: number;
  /** The parts of the request that hold the right data, in order and apart from each other. */
  readonly succeeded: readonly ByteRange[];

  constructor(
    code: IoErrorCode,
    options: { message?: string; cause?: unknown; bytes?: number; succeeded?: readonly ByteRange[] } = {},
  ) {
    super(
      `${code}: ${options.message ?? descriptions[code]}`,
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.name = 'IoError';
    this.code = code;
    this.bytes = options.bytes ?? 0;
    this.succeeded = options.succeeded ?? [];
  }

  /** The error of a failed system call: its errno where there is a name for it here, else `EIO`; the call as cause. */
  static from(error: NodeError): IoError {
    const code =
      error.code !== undefined && Object.hasOwn(descriptions, error.code) ? (error.code as IoErrorCode) : 'EIO';
    return new IoError(code, { message: error.message, cause: error });
  }
}

/** What a failed system call tells. */
export interface NodeError extends Error {
  readonly code?: string | undefined;
}

/** What headers that were pulled end with. Made once, for errors are dear and pulled headers many; the edge makes its own. */
export const PULLED: IoError = new IoError('ECANCELED');
