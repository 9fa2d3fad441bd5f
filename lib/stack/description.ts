import * as v from 'valibot';
import { ArgumentError } from '../wait/errors.js';
import type { DeviceDescription, FaultDescription, StackDescription, TlsDescription } from './device-description.js';
import { count, delay, fields, positive, rate, seed, share, some, text } from './fields.js';

/*
 * A stack as data. What the schema lets pass, `build` can make.
 */

const blockSize = v.optional(positive);
const name = v.optional(v.string());
const flag = v.optional(v.boolean());
const code = v.picklist(['EIO', 'EINVAL', 'ENOSPC', 'ENOMEM', 'ENXIO', 'EROFS', 'EOPNOTSUPP', 'ETIMEDOUT']);

const faultRule: v.GenericSchema<FaultDescription> = fields({
  kind: v.picklist(['error', 'short', 'hang', 'torn']),
  code: v.optional(code),
  silent: flag,
  operations: v.optional(v.array(v.picklist(['read', 'write', 'flush', 'discard', 'writeZeroes']))),
  range: v.optional(fields({ offset: count, length: count })),
  rate: v.optional(share),
  times: v.optional(count),
});

const tls: v.GenericSchema<TlsDescription> = fields({
  caFile: v.optional(text),
  certFile: v.optional(text),
  keyFile: v.optional(text),
  serverName: v.optional(v.string()),
  psk: v.optional(fields({ identity: v.string(), keyFile: text })),
});

const device: v.GenericSchema<DeviceDescription> = v.lazy(() =>
  v.variant('type', [
    fields({ type: v.literal('memory'), size: count, blockSize, name }),
    fields({ type: v.literal('null'), size: v.optional(count), blockSize, name }),
    fields({
      type: v.literal('file'),
      path: text,
      size: v.optional(count),
      blockSize,
      readOnly: flag,
      direct: v.optional(v.union([v.boolean(), v.literal('try')])),
      blocking: v.optional(v.union([v.boolean(), count])),
      thread: flag,
      name,
    }),
    fields({
      type: v.literal('nbd'),
      uri: text,
      readOnly: flag,
      blockSize,
      connections: v.optional(positive),
      depth: v.optional(positive),
      connectMs: v.optional(delay),
      answerMs: v.optional(delay),
      reconnectMs: v.optional(delay),
      reconnectMaxMs: v.optional(delay),
      waitMs: v.optional(delay),
      tls: v.optional(tls),
      name,
    }),
    fields({
      type: v.literal('volatile'),
      size: count,
      blockSize,
      sectorSize: v.optional(positive),
      name,
    }),
    fields({
      type: v.literal('throttle'),
      lower: device,
      bytesPerSecond: v.optional(rate),
      operationsPerSecond: v.optional(rate),
      burstSeconds: v.optional(rate),
      name,
    }),
    fields({ type: v.literal('trace'), lower: device, capacity: v.optional(count), name }),
    fields({
      type: v.literal('fault'),
      lower: device,
      rules: v.optional(v.array(faultRule)),
      seed: v.optional(seed),
      name,
    }),
    fields({
      type: v.literal('loop'),
      lower: device,
      extents: some(fields({ start: count, length: positive })),
      name,
    }),
    fields({ type: v.literal('pass'), lower: device, name }),
    fields({
      type: v.literal('queue'),
      lower: device,
      depth: positive,
      mergeBytes: v.optional(count),
      patience: v.optional(count),
      autoPlug: flag,
      name,
    }),
    fields({
      type: v.literal('crypt'),
      lower: device,
      keyFile: v.optional(text),
      keyEnv: v.optional(text),
      threads: v.optional(count),
      name,
    }),
    fields({
      type: v.literal('cache'),
      lower: device,
      lines: positive,
      mode: v.optional(v.picklist(['through', 'back'])),
      name,
    }),
    fields({
      type: v.literal('read-ahead'),
      lower: device,
      maxBytes: v.optional(positive),
      partBytes: v.optional(positive),
      keepBytes: v.optional(positive),
      name,
    }),
    fields({
      type: v.literal('retry'),
      lower: device,
      delaysMs: v.optional(v.array(delay)),
      codes: v.optional(v.array(code)),
      name,
    }),
    fields({
      type: v.literal('delay'),
      lower: device,
      delayMs: v.union([delay, fields({ min: delay, max: delay })]),
      seed: v.optional(seed),
      name,
    }),
    fields({ type: v.literal('checksum'), lower: device, ordered: flag, copyWrites: flag, name }),
    fields({ type: v.literal('unaligned'), lower: device, name }),
    fields({ type: v.literal('zeroing'), lower: device, pieceBytes: v.optional(positive), name }),
    fields({
      type: v.literal('mirror'),
      members: some(device),
      reads: v.optional(v.picklist(['first', 'round-robin', 'fastest'])),
      copyWrites: flag,
      regionSize: v.optional(positive),
      name,
    }),
    fields({
      type: v.literal('parity'),
      members: some(device),
      chunk: v.optional(positive),
      regionSize: v.optional(positive),
      name,
    }),
    fields({
      type: v.literal('stripe'),
      members: some(device),
      chunk: v.optional(positive),
      superblock: flag,
      name,
    }),
    v.pipe(
      fields({
        type: v.literal('linear'),
        segments: some(fields({ device, start: v.optional(count), length: v.optional(count) })),
        superblock: flag,
        name,
      }),
      v.forward(
        v.check(
          ({ superblock, segments }) =>
            superblock !== true || segments.every(({ start, length }) => start === undefined && length === undefined),
          'Invalid value: Expected segments that are whole devices, without start and length',
        ),
        ['superblock'],
      ),
    ),
  ]),
);

const stack: v.GenericSchema<StackDescription> = fields({
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
