import * as v from 'valibot';
import { ArgumentError } from '../wait/errors.js';

/*
 * A stack as data. What the schema lets pass, `build` can make.
 */

const wholeBytes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const blockSize = v.optional(positive);
const name = v.optional(v.string());
/** Of something per second, or seconds. */
const rate = v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)));
/** Milliseconds that a host timer can keep. */
const delay = v.pipe(v.number(), v.minValue(0), v.maxValue(0x7fffffff));

/** What goes wrong in a `fault` layer. */
export interface FaultDescription {
  kind: 'error' | 'short' | 'hang' | 'torn';
  code?: 'EIO' | 'EINVAL' | 'ENOSPC' | 'ENOMEM' | 'ENXIO' | 'EROFS' | 'EOPNOTSUPP' | 'ETIMEDOUT' | undefined;
  silent?: boolean | undefined;
  operations?: ('read' | 'write' | 'flush' | 'discard' | 'writeZeroes')[] | undefined;
  range?: { offset: number; length: number } | undefined;
  rate?: number | undefined;
  times?: number | undefined;
}

const faultRule: v.GenericSchema<FaultDescription> = v.strictObject({
  kind: v.picklist(['error', 'short', 'hang', 'torn']),
  code: v.optional(v.picklist(['EIO', 'EINVAL', 'ENOSPC', 'ENOMEM', 'ENXIO', 'EROFS', 'EOPNOTSUPP', 'ETIMEDOUT'])),
  silent: v.optional(v.boolean()),
  operations: v.optional(v.array(v.picklist(['read', 'write', 'flush', 'discard', 'writeZeroes']))),
  range: v.optional(v.strictObject({ offset: wholeBytes, length: wholeBytes })),
  rate: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  times: v.optional(wholeBytes),
});

/** How an `nbd` device speaks TLS: all secrets are in files. */
export interface TlsDescription {
  caFile?: string | undefined;
  certFile?: string | undefined;
  keyFile?: string | undefined;
  serverName?: string | undefined;
  psk?: { identity: string; keyFile: string } | undefined;
}

const file = v.optional(v.pipe(v.string(), v.minLength(1)));

const tls: v.GenericSchema<TlsDescription> = v.strictObject({
  caFile: file,
  certFile: file,
  keyFile: file,
  serverName: v.optional(v.string()),
  psk: v.optional(v.strictObject({ identity: v.string(), keyFile: v.pipe(v.string(), v.minLength(1)) })),
});

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
      answerMs?: number | undefined;
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
  | { type: 'retry'; lower: DeviceDescription; delaysMs?: number[] | undefined; name?: string | undefined }
  | { type: 'delay'; lower: DeviceDescription; delayMs: number; name?: string | undefined }
  | { type: 'checksum'; lower: DeviceDescription; copyWrites?: boolean | undefined; name?: string | undefined }
  | {
      type: 'mirror';
      members: DeviceDescription[];
      reads?: 'first' | 'round-robin' | 'fastest' | undefined;
      copyWrites?: boolean | undefined;
      name?: string | undefined;
    }
  | { type: 'parity'; members: DeviceDescription[]; chunk?: number | undefined; name?: string | undefined }
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

const device: v.GenericSchema<DeviceDescription> = v.lazy(() =>
  v.variant('type', [
    v.strictObject({ type: v.literal('memory'), size: wholeBytes, blockSize, name }),
    v.strictObject({ type: v.literal('null'), size: v.optional(wholeBytes), blockSize, name }),
    v.strictObject({
      type: v.literal('file'),
      path: v.pipe(v.string(), v.minLength(1)),
      size: v.optional(wholeBytes),
      blockSize,
      readOnly: v.optional(v.boolean()),
      direct: v.optional(v.union([v.boolean(), v.literal('try')])),
      blocking: v.optional(v.union([v.boolean(), wholeBytes])),
      thread: v.optional(v.boolean()),
      name,
    }),
    v.strictObject({
      type: v.literal('nbd'),
      uri: v.pipe(v.string(), v.minLength(1)),
      readOnly: v.optional(v.boolean()),
      blockSize,
      connections: v.optional(positive),
      depth: v.optional(positive),
      answerMs: v.optional(delay),
      waitMs: v.optional(delay),
      tls: v.optional(tls),
      name,
    }),
    v.strictObject({
      type: v.literal('volatile'),
      size: wholeBytes,
      blockSize,
      sectorSize: v.optional(positive),
      name,
    }),
    v.strictObject({
      type: v.literal('throttle'),
      lower: device,
      bytesPerSecond: rate,
      operationsPerSecond: rate,
      burstSeconds: rate,
      name,
    }),
    v.strictObject({ type: v.literal('trace'), lower: device, capacity: v.optional(wholeBytes), name }),
    v.strictObject({
      type: v.literal('fault'),
      lower: device,
      rules: v.optional(v.array(faultRule)),
      seed: v.optional(v.pipe(v.number(), v.safeInteger())),
      name,
    }),
    v.strictObject({
      type: v.literal('loop'),
      lower: device,
      extents: v.array(v.strictObject({ start: wholeBytes, length: positive })),
      name,
    }),
    v.strictObject({ type: v.literal('pass'), lower: device, name }),
    v.strictObject({
      type: v.literal('queue'),
      lower: device,
      depth: positive,
      mergeBytes: v.optional(wholeBytes),
      patience: v.optional(wholeBytes),
      autoPlug: v.optional(v.boolean()),
      name,
    }),
    v.strictObject({
      type: v.literal('crypt'),
      lower: device,
      keyFile: v.optional(v.string()),
      keyEnv: v.optional(v.string()),
      threads: v.optional(wholeBytes),
      name,
    }),
    v.strictObject({
      type: v.literal('cache'),
      lower: device,
      lines: positive,
      mode: v.optional(v.picklist(['through', 'back'])),
      name,
    }),
    v.strictObject({
      type: v.literal('read-ahead'),
      lower: device,
      maxBytes: v.optional(positive),
      partBytes: v.optional(positive),
      keepBytes: v.optional(positive),
      name,
    }),
    v.strictObject({ type: v.literal('retry'), lower: device, delaysMs: v.optional(v.array(delay)), name }),
    v.strictObject({ type: v.literal('delay'), lower: device, delayMs: delay, name }),
    v.strictObject({ type: v.literal('checksum'), lower: device, copyWrites: v.optional(v.boolean()), name }),
    v.strictObject({
      type: v.literal('mirror'),
      members: v.array(device),
      reads: v.optional(v.picklist(['first', 'round-robin', 'fastest'])),
      copyWrites: v.optional(v.boolean()),
      name,
    }),
    v.strictObject({ type: v.literal('parity'), members: v.array(device), chunk: v.optional(positive), name }),
    v.strictObject({
      type: v.literal('stripe'),
      members: v.array(device),
      chunk: v.optional(positive),
      superblock: v.optional(v.boolean()),
      name,
    }),
    v.pipe(
      v.strictObject({
        type: v.literal('linear'),
        segments: v.array(v.strictObject({ device, start: v.optional(wholeBytes), length: v.optional(wholeBytes) })),
        superblock: v.optional(v.boolean()),
        name,
      }),
      v.check(
        ({ superblock, segments }) =>
          superblock !== true || segments.every(({ start, length }) => start === undefined && length === undefined),
        'superblocks are of whole devices, without start and length',
      ),
    ),
  ]),
);

/** A stack: the device at its top, and the design that carries its requests (default `waitQueue`). */
export interface StackDescription {
  strategy?: 'waitQueue' | 'compoundEvent' | 'cloneKiobuf' | 'cloneKiobufTracked' | undefined;
  device: DeviceDescription;
}

const stack: v.GenericSchema<StackDescription> = v.strictObject({
  strategy: v.optional(v.picklist(['waitQueue', 'compoundEvent', 'cloneKiobuf', 'cloneKiobufTracked'])),
  device,
});

/**
 * The value as a description.
 * @throws ArgumentError `ERR_STACK` naming the path of each field that is wrong, what was expected and what came
 */
export function parseDescription(value: unknown): StackDescription {
  const result = v.safeParse(stack, value);
  if (result.success) return result.output;
  const complaints = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'the description'}: ${issue.message}`);
  throw new ArgumentError('ERR_STACK', complaints.join('; '));
}
