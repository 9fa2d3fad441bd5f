import { BlockDevice } from '../lib/io/device.js';
import { PagePool, type Run } from '../lib/io/pages.js';

/*
 * Pages that a device has taken of a pool and kept when it was closed: those that code of lib has allocated and not
 * given back, of a pool that no device uses any more. Nothing is kept alive for it, and an allocation costs a stack trace
 * that is looked at only when a device is closed before it was given back.
 */

/** So many allocations of each spec are watched: a stack trace costs microseconds, and random programs make many. */
const WATCHED = 1000;
let watched = 0;

const lib = new URL('../lib/', import.meta.url).href;

/** An allocation that was not given back. */
class Taken {
  private found: string | null | undefined = undefined;

  /** Where in lib it was made; null for one that a spec has made. */
  get place(): string | null {
    if (this.found !== undefined) return this.found;
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = (_, [caller]) => {
      const file = String(caller?.getFileName());
      const url = file.startsWith('/') ? `file://${file}` : file;
      return url.startsWith(lib) ? `lib/${url.slice(lib.length)}, ${String(caller?.getFunctionName())}` : null;
    };
    this.found = (this as { stack?: string | null }).stack ?? null;
    Error.prepareStackTrace = prepareStackTrace;
    return this.found;
  }
}

const takenFrom = new WeakMap<PagePool, Set<Taken>>();
const takenAs = new WeakMap<readonly Run[], Taken>();
/** Devices with a pool that were given requests. One that was not closed and is collected was left to itself, open. */
let used = new WeakMap<BlockDevice, WeakRef<BlockDevice>>();
let open = new Set<WeakRef<BlockDevice>>();
/** Pools of devices that were closed while pages were taken. */
const suspected = new Set<PagePool>();

const { allocate, release } = PagePool.prototype;
PagePool.prototype.allocate = function allocated(bytes) {
  const vector = allocate.call(this, bytes);
  if (watched++ >= WATCHED) return vector;
  const taken = new Taken();
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(taken, allocated);
  Error.stackTraceLimit = stackTraceLimit;
  const of = takenFrom.get(this);
  if (of === undefined) takenFrom.set(this, new Set([taken]));
  else of.add(taken);
  takenAs.set((vector as unknown as { runs: readonly Run[] }).runs, taken);
  return vector;
};
PagePool.prototype.release = function (runs) {
  const taken = takenAs.get(runs);
  if (taken !== undefined) takenFrom.get(this)?.delete(taken);
  release.call(this, runs);
};

const { close } = BlockDevice.prototype;
BlockDevice.prototype.close = function () {
  const closed = close.call(this);
  const look = (): void => {
    open.delete(used.get(this) as WeakRef<BlockDevice>);
    for (const pool of poolsOf(this)) if (placesIn(pool).length > 0) suspected.add(pool);
  };
  closed.then(look, look);
  return closed;
};

/** A device is given a request. */
export function noteUse(device: BlockDevice): void {
  if (used.has(device)) return;
  const reference = new WeakRef(device);
  used.set(device, reference);
  if (poolsOf(device).size > 0) open.add(reference);
}

/** What closed devices have kept: the places that took it, and how often. */
export function keptPages(): Map<string, number> {
  const kept = new Map<string, number>();
  if (suspected.size === 0) return kept;
  const inUse = new Set<PagePool>();
  for (const reference of open) {
    const device = reference.deref();
    if (device === undefined) return kept;
    for (const each of stackOf(device)) if (!each.closed) for (const pool of poolsOf(each)) inUse.add(pool);
  }
  for (const pool of suspected) {
    if (!inUse.has(pool)) for (const place of placesIn(pool)) kept.set(place, (kept.get(place) ?? 0) + 1);
  }
  return kept;
}

/** Forgets what was kept, and which devices there were. */
export function forgetKept(): void {
  for (const pool of suspected) takenFrom.delete(pool);
  suspected.clear();
  watched = 0;
  used = new WeakMap();
  open = new Set();
}

function placesIn(pool: PagePool): string[] {
  return [...(takenFrom.get(pool) ?? [])].flatMap(({ place }) => place ?? []);
}

function stackOf(device: BlockDevice): Set<BlockDevice> {
  const stack = new Set([device]);
  for (const each of stack) for (const lower of each.lowers) stack.add(lower);
  return stack;
}

/** The pools that a device has, or a part of it. */
function poolsOf(device: BlockDevice): Set<PagePool> {
  const pools = new Set<PagePool>();
  for (const part of Object.values(device) as unknown[]) {
    if (part instanceof PagePool) pools.add(part);
    else if (typeof part === 'object' && part !== null && !(part instanceof BlockDevice)) {
      const { pool } = part as { pool?: unknown };
      if (pool instanceof PagePool) pools.add(pool);
    }
  }
  return pools;
}
