import {
  cloneKiobuf,
  cloneKiobufTracked,
  compoundEvent,
  PagePool,
  waitQueue,
  type BlockDevice,
  type Strategy,
} from '../io/index.js';
import { build, kitOf, type Kit, type MissingMember } from './build.js';
import { parseDescription } from './description.js';
import type { StackDescription } from './device-description.js';

const strategies: Record<NonNullable<StackDescription['strategy']>, Strategy> = {
  waitQueue,
  compoundEvent,
  cloneKiobuf,
  cloneKiobufTracked,
};

/** How {@link openStack} opens what a description says. */
export interface StackOptions {
  /** Where pages come from. Default: a pool of the stack's own. */
  pool?: PagePool;
  /** Make arrays anew on their members instead of opening what is there. What is on the members is lost. Default false. */
  create?: boolean;
  /** With `create`: all files hold zeroes, so that what arrays are made of agrees already. Default false. */
  blank?: boolean;
  /**
   * Open arrays without members that cannot be opened, if they can do without; {@link Stack.missing} names them. Default
   * false: it is an error.
   */
  degraded?: boolean;
  /**
   * Leave files and servers as they are: they are opened to be read, and what is written to them, as also arrays do that
   * are opened, is kept in memory until the stack is closed. Default false.
   */
  overlay?: boolean;
}

/** What {@link Stack.inspect} tells of a device. */
export interface DeviceReport {
  readonly name: string;
  readonly kind: string;
  readonly size: number;
  readonly blockSize: number;
  readonly operations: readonly string[];
  /** What the memory of a request begins at a multiple of, in bytes. */
  readonly memoryAlignment: number;
  /** Requests made of this device itself that have not come back; of layers above, what they sent is not among them. */
  readonly inFlight: number;
  /** What the device tells of itself: those that it has of its numbers, such as `queued`, `held` or `retried`. */
  readonly figures: Readonly<Record<string, number>>;
  readonly lowers: readonly DeviceReport[];
}

/** A stack that was opened from its description. */
export class Stack {
  readonly description: StackDescription;
  /** The device that requests are made of. */
  readonly top: BlockDevice;
  readonly pool: PagePool;
  /** Members of arrays that could not be opened (`degraded`). */
  readonly missing: readonly MissingMember[];
  private readonly devices: ReadonlyMap<string, BlockDevice>;

  /** @internal */
  constructor(description: StackDescription, top: BlockDevice, { pool, missing, devices }: Kit) {
    this.description = description;
    this.top = top;
    this.pool = pool;
    this.missing = missing;
    this.devices = devices;
  }

  /** The device at a path of the description, such as `device.lower.members.1`; undefined when there is none. */
  at(path: string): BlockDevice | undefined {
    return this.devices.get(path);
  }

  /** The devices as a tree of plain data, from the top. */
  inspect(): DeviceReport {
    return report(this.top);
  }

  /**
   * Drains and closes all devices, from the top; in the end those that an array was opened without, or has replaced.
   * Rejects with the first error when something could not be given back as it should; all are closed then, too.
   */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const device of [this.top, ...[...this.devices.values()].reverse()]) {
      await device.close().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens a stack from its description: data, as it comes out of JSON.
 * @throws ArgumentError `ERR_STACK` naming the path of the field, or of the device that could not be opened and why; what
 *   had been opened by then is closed again
 */
export async function openStack(description: unknown, options: StackOptions = {}): Promise<Stack> {
  return open(description, options, false);
}

/**
 * Opens a stack, or makes one (`create`), on stand-ins for its files and servers: these are opened too, the files without
 * being made or cut, but nothing is written to them. What it stands for can be had then, but for errors of writing.
 * @throws as {@link openStack}
 */
export async function rehearse(
  description: unknown,
  options: Pick<StackOptions, 'create' | 'pool'> = {},
): Promise<Stack> {
  return open(description, options, true);
}

async function open(description: unknown, options: StackOptions, rehearsal: boolean): Promise<Stack> {
  const parsed = parseDescription(description);
  const pool = options.pool ?? new PagePool();
  const strategy = strategies[parsed.strategy ?? 'waitQueue'];
  const { create = false, blank = false, degraded = false, overlay = false } = options;
  const kit = kitOf({ strategy, pool, create, blank, degraded, rehearsal, overlay });
  try {
    return new Stack(parsed, await build(parsed.device, 'device', kit), kit);
  } catch (error) {
    await Promise.allSettled(kit.built.map((device) => device.close()));
    throw error;
  }
}

function report(device: BlockDevice): DeviceReport {
  return {
    name: device.name,
    kind: device.constructor.name,
    size: device.size,
    blockSize: device.blockSize,
    operations: device.operations,
    memoryAlignment: device.memoryAlignment,
    inFlight: device.started - device.ended,
    figures: figuresOf(device),
    lowers: device.lowers.map(report),
  };
}

/** The numbers that some devices have, under their names there. */
const FIGURES = [
  'queued',
  'dispatched',
  'merged',
  'held',
  'hanging',
  'retried',
  'seen',
  'dirty',
  'dirtyBytes',
  'healedBytes',
  'doubtedBytes',
  'heldBytes',
  'aheadBytes',
  'hitBytes',
  'inFlight',
  'unstableSectors',
] as const;

function figuresOf(device: BlockDevice): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const name of FIGURES) {
    const value = (device as unknown as Record<string, unknown>)[name];
    if (typeof value === 'number') figures[name] = value;
  }
  return figures;
}
