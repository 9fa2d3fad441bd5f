/** What a device can fail with. */
export type FaultCode = 'EIO' | 'EINVAL' | 'ENOSPC' | 'ENOMEM' | 'ENXIO' | 'EROFS' | 'EOPNOTSUPP' | 'ETIMEDOUT';

/** What goes wrong in a `fault` layer. */
export interface FaultDescription {
  kind: 'error' | 'short' | 'hang' | 'torn';
  code?: FaultCode | undefined;
  silent?: boolean | undefined;
  operations?: ('read' | 'write' | 'flush' | 'discard' | 'writeZeroes')[] | undefined;
  range?: { offset: number; length: number } | undefined;
  rate?: number | undefined;
  times?: number | undefined;
}

/** How an `nbd` device speaks TLS: all secrets are in files. */
export interface TlsDescription {
  caFile?: string | undefined;
  certFile?: string | undefined;
  keyFile?: string | undefined;
  serverName?: string | undefined;
  psk?: { identity: string; keyFile: string } | undefined;
}

/** A device of a stack; `lower`, `members` and `segments` are devices again. */
export type DeviceDescription =
  | { type: 'memory'; size: number; blockSize?: number | undefined; name?: string | undefined }
  | { type: 'null'; size?: number | undefined; blockSize?: number | undefined; name?: string | undefined }
  | {
      type: 'file';
      path: string;
      size?: number | undefined;
      blockSize?: number | undefined;
      readOnly?: boolean | undefined;
      direct?: boolean | 'try' | undefined;
      blocking?: boolean | number | undefined;
      thread?: boolean | undefined;
      name?: string | undefined;
    }
  | {
      type: 'nbd';
      uri: string;
      readOnly?: boolean | undefined;
      blockSize?: number | undefined;
      connections?: number | undefined;
      depth?: number | undefined;
      connectMs?: number | undefined;
      answerMs?: number | undefined;
      reconnectMs?: number | undefined;
      reconnectMaxMs?: number | undefined;
      waitMs?: number | undefined;
      tls?: TlsDescription | undefined;
      name?: string | undefined;
    }
  | {
      type: 'volatile';
      size: number;
      blockSize?: number | undefined;
      sectorSize?: number | undefined;
      name?: string | undefined;
    }
  | {
      type: 'throttle';
      lower: DeviceDescription;
      bytesPerSecond?: number | undefined;
      operationsPerSecond?: number | undefined;
      burstSeconds?: number | undefined;
      name?: string | undefined;
    }
  | { type: 'trace'; lower: DeviceDescription; capacity?: number | undefined; name?: string | undefined }
  | {
      type: 'fault';
      lower: DeviceDescription;
      rules?: FaultDescription[] | undefined;
      seed?: number | undefined;
      name?: string | undefined;
    }
  | {
      type: 'loop';
      lower: DeviceDescription;
      extents: { start: number; length: number }[];
      name?: string | undefined;
    }
  | { type: 'pass'; lower: DeviceDescription; name?: string | undefined }
  | {
      type: 'queue';
      lower: DeviceDescription;
      depth: number;
      mergeBytes?: number | undefined;
      patience?: number | undefined;
      autoPlug?: boolean | undefined;
      name?: string | undefined;
    }
  | {
      type: 'crypt';
      lower: DeviceDescription;
      /** A file that holds the key's bytes, or else … */
      keyFile?: string | undefined;
      /** … a variable of the environment that holds them as hex digits. */
      keyEnv?: string | undefined;
      threads?: number | undefined;
      name?: string | undefined;
    }
  | {
      type: 'cache';
      lower: DeviceDescription;
      lines: number;
      mode?: 'through' | 'back' | undefined;
      name?: string | undefined;
    }
  | {
      type: 'read-ahead';
      lower: DeviceDescription;
      maxBytes?: number | undefined;
      partBytes?: number | undefined;
      keepBytes?: number | undefined;
      name?: string | undefined;
    }
  | {
      type: 'retry';
      lower: DeviceDescription;
      delaysMs?: number[] | undefined;
      codes?: FaultCode[] | undefined;
      name?: string | undefined;
    }
  | {
      type: 'delay';
      lower: DeviceDescription;
      delayMs: number | { min: number; max: number };
      seed?: number | undefined;
      name?: string | undefined;
    }
  | {
      type: 'checksum';
      lower: DeviceDescription;
      ordered?: boolean | undefined;
      copyWrites?: boolean | undefined;
      name?: string | undefined;
    }
  | { type: 'unaligned'; lower: DeviceDescription; name?: string | undefined }
  | { type: 'zeroing'; lower: DeviceDescription; pieceBytes?: number | undefined; name?: string | undefined }
  | {
      type: 'mirror';
      members: DeviceDescription[];
      reads?: 'first' | 'round-robin' | 'fastest' | undefined;
      copyWrites?: boolean | undefined;
      /** Of one that is made: an array that is opened has its own. */
      regionSize?: number | undefined;
      name?: string | undefined;
    }
  | {
      type: 'parity';
      members: DeviceDescription[];
      /** Both of one that is made. */
      chunk?: number | undefined;
      regionSize?: number | undefined;
      name?: string | undefined;
    }
  | {
      type: 'stripe';
      members: DeviceDescription[];
      chunk?: number | undefined;
      superblock?: boolean | undefined;
      name?: string | undefined;
    }
  | {
      type: 'linear';
      segments: { device: DeviceDescription; start?: number | undefined; length?: number | undefined }[];
      superblock?: boolean | undefined;
      name?: string | undefined;
    };

/** A stack: the device at its top, and the design that carries its requests (default `waitQueue`). */
export interface StackDescription {
  strategy?: 'waitQueue' | 'compoundEvent' | 'cloneKiobuf' | 'cloneKiobufTracked' | undefined;
  device: DeviceDescription;
}
