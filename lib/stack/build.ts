import { ArgumentError } from '../wait/errors.js';
import {
  Cache,
  Checksum,
  Crypt,
  Delay,
  Fault,
  FileDevice,
  Linear,
  loop,
  MemoryDevice,
  Mirror,
  NullDevice,
  Parity,
  Pass,
  ReadAhead,
  RequestQueue,
  Retry,
  Stripe,
  Throttle,
  Trace,
  Unaligned,
  VolatileDevice,
  Zeroing,
  type BlockDevice,
  type DeviceOptions,
  type FileOptions,
  type PagePool,
  type Strategy,
} from '../io/index.js';
import { checkAllDescribed } from './described-members.js';
import type { DeviceDescription } from './device-description.js';
import { isRedundant, lowersOf, pathOf } from './lowers.js';
import { NbdDevice } from '../nbd/index.js';
import { keyOf } from './key.js';
import { offenderOf } from './offender.js';
import { Overlay } from './overlay.js';
import { StandIn } from './stand-in.js';
import { tlsOf } from './tls.js';

/** A member of an array that could not be opened, while the array could. */
export interface MissingMember {
  /** Where in the description, such as `device.lower.members.1`. */
  readonly path: string;
  readonly error: Error;
}

/** What devices are built with. */
export interface Kit {
  readonly strategy: Strategy;
  readonly pool: PagePool;
  /** Whether arrays are made anew, which loses what is on their members, or opened as they are. */
  readonly create: boolean;
  /** Whether all files and memory hold zeroes: arrays that are made of them agree already. */
  readonly blank: boolean;
  /** Whether arrays do without members that cannot be opened. */
  readonly degraded: boolean;
  /** Whether something else stands for files and servers, so that nothing is written to them. */
  readonly rehearsal: boolean;
  /** Whether files and servers stay as they are, and what is written to them in memory. */
  readonly overlay: boolean;
  /** Members that could not be, with the path and why. */
  readonly missing: MissingMember[];
  /** Every device by its path. */
  readonly devices: Map<string, BlockDevice>;
  /** Everything built so far, bottom first: what has to be closed when the rest fails. */
  readonly built: BlockDevice[];
}

/** A kit that nothing was built with yet. */
export function kitOf(given: Pick<Kit, 'strategy' | 'pool'> & Partial<Kit>): Kit {
  const none = { create: false, blank: false, degraded: false, rehearsal: false, overlay: false };
  return { ...none, missing: [], devices: new Map(), built: [], ...given };
}

/**
 * Builds a device and those below it.
 * @throws ArgumentError `ERR_STACK` with the path of what was refused, and why; the reason is its cause
 */
export async function build(description: DeviceDescription, path: string, kit: Kit): Promise<BlockDevice> {
  const lowers = await buildLowers(description, path, kit);
  try {
    if (!kit.create && isRedundant(description)) {
      await checkAllDescribed(description.members.length, lowers, kit.pool);
    }
    const device = kit.overlay ? await makeOverlaid(description, lowers, kit) : await make(description, lowers, kit);
    kit.built.push(device);
    kit.devices.set(path, device);
    return device;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const at = offenderOf(error, description, path, kit.devices);
    // What an array was to do without may be why it cannot be had.
    const lacking = kit.missing
      .filter((each) => each.path.startsWith(`${path}.`))
      .map((each) => `; ${each.error.message}`);
    const message = `${at} (${description.type}): ${reason}${lacking.join('')}`;
    throw Object.assign(new ArgumentError('ERR_STACK', message), { cause: error });
  }
}

async function buildLowers(description: DeviceDescription, path: string, kit: Kit): Promise<BlockDevice[]> {
  const lowers: BlockDevice[] = [];
  const mayLack = kit.degraded && isRedundant(description);
  for (const [i, lower] of lowersOf(description).entries()) {
    const at = pathOf(description, path, i);
    const device = mayLack ? await buildOrMiss(lower, at, kit) : await build(lower, at, kit);
    if (device !== null) lowers.push(device);
  }
  return lowers;
}

/** A member, or null when it cannot be opened; nothing of it is left open then. */
async function buildOrMiss(member: DeviceDescription, path: string, kit: Kit): Promise<BlockDevice | null> {
  const before = kit.built.length;
  try {
    return await build(member, path, kit);
  } catch (error) {
    await Promise.allSettled(kit.built.splice(before).map((device) => device.close()));
    for (const at of [...kit.devices.keys()]) if (at.startsWith(`${path}.`)) kit.devices.delete(at);
    kit.missing.push({ path, error: error as Error });
    return null;
  }
}

/** A device as {@link make} makes it; what keeps something is opened to be read, below an overlay. */
async function makeOverlaid(description: DeviceDescription, lowers: BlockDevice[], kit: Kit): Promise<BlockDevice> {
  if (description.type === 'file') {
    return new Overlay(await make({ ...description, readOnly: true, size: undefined }, lowers, kit));
  }
  if (description.type === 'nbd') return new Overlay(await make({ ...description, readOnly: true }, lowers, kit));
  return make(description, lowers, kit);
}

/** @internal A device over those below it, which have been built. */
export async function make(
  description: DeviceDescription,
  lowers: BlockDevice[],
  kit: Pick<Kit, 'strategy' | 'pool' | 'create' | 'blank' | 'rehearsal'>,
): Promise<BlockDevice> {
  const { strategy, pool } = kit;
  if (kit.rehearsal && (description.type === 'file' || description.type === 'nbd')) return standInFor(description, kit);
  const options: DeviceOptions = { strategy, ...given({ name: description.name }) };
  const lower = lowers[0] as BlockDevice;
  switch (description.type) {
    case 'memory':
      return new MemoryDevice({ ...options, size: description.size, ...given({ blockSize: description.blockSize }) });
    case 'null':
      return new NullDevice({ ...options, ...given({ size: description.size, blockSize: description.blockSize }) });
    case 'file':
      return FileDevice.open(description.path, fileOptionsOf(description, options));
    case 'nbd': {
      const { uri, tls, readOnly, blockSize, connections, depth, connectMs, answerMs, waitMs } = description;
      const { reconnectMs, reconnectMaxMs } = description;
      const times = { connectMs, answerMs, waitMs, reconnectMs, reconnectMaxMs };
      const own = given({ readOnly, blockSize, connections, depth, ...times });
      return NbdDevice.open(uri, { ...options, ...own, ...(tls !== undefined && { tls: await tlsOf(tls) }) });
    }
    case 'volatile': {
      const { size, blockSize, sectorSize } = description;
      return new VolatileDevice({ ...options, size, ...given({ blockSize, sectorSize }) });
    }
    case 'throttle': {
      const { bytesPerSecond, operationsPerSecond, burstSeconds } = description;
      return new Throttle(lower, { ...options, ...given({ bytesPerSecond, operationsPerSecond, burstSeconds }) });
    }
    case 'trace':
      return new Trace(lower, { ...options, ...given({ capacity: description.capacity }) });
    case 'fault': {
      const rules = description.rules?.map(({ kind, ...rest }) => ({ kind, ...given(rest) }));
      return new Fault(lower, { ...options, ...given({ rules, seed: description.seed }) });
    }
    case 'loop':
      return loop(lower, description.extents, options);
    case 'pass':
      return new Pass(lower, options);
    case 'queue': {
      const { depth, mergeBytes, patience, autoPlug } = description;
      return new RequestQueue(lower, { ...options, depth, ...given({ mergeBytes, patience, autoPlug }) });
    }
    case 'crypt':
      return new Crypt(lower, {
        ...options,
        key: await keyOf(description),
        pool,
        ...given({ threads: description.threads }),
      });
    case 'cache':
      return new Cache(lower, { ...options, pool, lines: description.lines, ...given({ mode: description.mode }) });
    case 'read-ahead': {
      const { maxBytes, partBytes, keepBytes } = description;
      return new ReadAhead(lower, { ...options, pool, ...given({ maxBytes, partBytes, keepBytes }) });
    }
    case 'retry':
      return new Retry(lower, { ...options, ...given({ delaysMs: description.delaysMs, codes: description.codes }) });
    case 'delay':
      return new Delay(lower, { ...options, delayMs: description.delayMs, ...given({ seed: description.seed }) });
    case 'unaligned':
      return new Unaligned(lower, { ...options, pool });
    case 'zeroing':
      return new Zeroing(lower, { ...options, pool, ...given({ pieceBytes: description.pieceBytes }) });
    case 'stripe':
      if (description.superblock !== true)
        return new Stripe(lowers, { ...options, ...given({ chunk: description.chunk }) });
      return kit.create
        ? Stripe.create(lowers, { ...options, pool, ...given({ chunk: description.chunk }) })
        : Stripe.open(lowers, { ...options, pool });
    case 'checksum': {
      const { ordered, copyWrites } = description;
      const all = { ...options, pool, ...given({ ordered, copyWrites }) };
      return kit.create && !kit.rehearsal ? Checksum.format(lower, all) : new Checksum(lower, all);
    }
    case 'mirror': {
      const both = { ...options, pool, ...given({ reads: description.reads, copyWrites: description.copyWrites }) };
      if (!kit.create) return Mirror.open(lowers, both);
      const assumeEqual = isBlank(description, kit);
      return Mirror.create(lowers, { ...both, assumeEqual, ...given({ regionSize: description.regionSize }) });
    }
    case 'parity': {
      if (!kit.create) return Parity.open(lowers, { ...options, pool });
      const assumeClean = isBlank(description, kit);
      const sizes = given({ chunk: description.chunk, regionSize: description.regionSize });
      return Parity.create(lowers, { ...options, pool, assumeClean, ...sizes });
    }
    case 'linear':
      if (description.superblock === true)
        return kit.create ? Linear.create(lowers, { ...options, pool }) : Linear.open(lowers, { ...options, pool });
      return new Linear(
        description.segments.map(({ start, length }, i) => ({
          device: lowers[i] as BlockDevice,
          ...given({ start, length }),
        })),
        options,
      );
  }
}

function fileOptionsOf(
  { size, blockSize, readOnly, direct, blocking, thread }: Extract<DeviceDescription, { type: 'file' }>,
  options: DeviceOptions,
): FileOptions {
  return { ...options, ...given({ size, blockSize, readOnly, direct, blocking, thread }) };
}

/** What stands for a file, which has to be there, or a server: as large as it is, or is to be made. */
async function standInFor(
  description: Extract<DeviceDescription, { type: 'file' | 'nbd' }>,
  { strategy, pool }: Pick<Kit, 'strategy' | 'pool'>,
): Promise<BlockDevice> {
  const size = description.type === 'file' ? description.size : undefined;
  const asItIs = description.type === 'file' ? { ...description, size: undefined } : description;
  const device =
    asItIs.type === 'file' && size !== undefined
      ? await FileDevice.openShort(asItIs.path, fileOptionsOf(asItIs, { strategy, ...given({ name: asItIs.name }) }))
      : await make(asItIs, [], kitOf({ strategy, pool }));
  await device.close();
  return new StandIn(device, size ?? device.size);
}

/** Whether what an array is made of agrees already; a rehearsal copies nothing. */
function isBlank(description: DeviceDescription, { blank, rehearsal }: Pick<Kit, 'blank' | 'rehearsal'>): boolean {
  return rehearsal || (blank && isZeroes(description));
}

/** Whether a device reads as zeroes when the files below do: not what is decrypted, nor what a server has. */
function isZeroes(description: DeviceDescription): boolean {
  return description.type !== 'crypt' && description.type !== 'nbd' && lowersOf(description).every(isZeroes);
}

/** The fields that were given: an option that is left out and one that is undefined are not the same. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
