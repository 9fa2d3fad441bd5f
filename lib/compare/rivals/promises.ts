import { setImmediate as nextTask } from 'node:timers/promises';
import { counters, IoError, type PagePool, type PageVector } from '../../io/index.js';
import { PULLED } from '../../io/io-error.js';
import {
  foldUp,
  lowersOf,
  sizeOf,
  type Blueprint,
  type LinearPlan,
  type QueuePlan,
  type StripePlan,
} from '../blueprint.js';
import type { When } from '../blueprint.js';
import type { Bottom } from '../bottom.js';
import { carverOf } from '../carve.js';
import { edgeDevice } from '../edge.js';
import type { Kit, Rival } from '../rival.js';
import { Abort, copyInto, IoContext } from './context.js';
import { Collation, failedWith, failureOf, finish, missingOf, partOf, settled, transferred } from './outcome.js';
import type { Outcome } from './outcome.js';
import { Places } from './places.js';
import { transformOf, type Transform } from './transform.js';

/*
 * The layers as a promise chain, in the style of koa: an async function is given the request and what comes next, and
 * does its part before and after `await next(io)`. A request resolves with its bytes, or rejects with an IoError that
 * tells which parts succeeded. A cancel is an AbortSignal, which those listen to who keep a request waiting.
 *
 * Counts: a header for each object that is sent down, a link for each promise by which a layer waits for what is below,
 * a callback each time that a layer is told.
 */

type Device = (io: IoContext) => Promise<number>;
type Layer = (io: IoContext, next: Device) => Promise<number>;

function send(device: Device, io: IoContext): Promise<number> {
  counters.links++;
  return device(io);
}

function told(): void {
  counters.callbacks++;
}

async function outcomeOf(promise: Promise<number>, length: number): Promise<Outcome> {
  try {
    return transferred(await promise, length);
  } catch (error) {
    return failedWith(error);
  }
}

function bottomOf(bottom: Bottom): Device {
  return ({ operation, position, pages, offset, length, fua }) =>
    new Promise((resolve, reject) => {
      const end = (bytes: number, error: IoError | null): void => {
        if (error === null) resolve(bytes);
        else reject(failureOf(bytes, length, error));
      };
      bottom.transfer({ operation, position, pages, offset, length, fua, finish: end });
    });
}

async function pass(io: IoContext, next: Device): Promise<number> {
  try {
    return await send(next, io);
  } finally {
    told();
  }
}

function defer(when: When): Layer {
  return async (io, next) => {
    try {
      return await send(next, io);
    } finally {
      told();
      if (when === 'microtask') await Promise.resolve();
      if (when === 'task') await nextTask();
    }
  };
}

function transforming(transform: Transform): Layer {
  return async (io, next) => {
    const { below, end } = transform(io);
    const outcome = await outcomeOf(send(next, below), below.length);
    told();
    return settled(end(outcome));
  };
}

/** Sends parts of a request at once, and adds up their outcomes in the order in which they end. */
async function join(parts: readonly { at: number; io: IoContext; device: Device }[], length: number): Promise<Outcome> {
  const sum = new Collation();
  const add = async ({ at, io, device }: (typeof parts)[number]): Promise<void> => {
    sum.add(await outcomeOf(send(device, io), io.length), at);
  };
  await Promise.all(parts.map(add));
  told();
  return sum.outcome(length);
}

function carved(plan: StripePlan | LinearPlan, lowers: readonly Device[]): Device {
  const carve = carverOf(plan);
  const members = [...new Set(lowers)];
  return async (io) => {
    if (io.operation === 'flush') {
      const flushes = members.map((device) => ({ at: 0, io: io.part(0, 0, 0), device }));
      return settled(await join(flushes, 0));
    }
    const parts = carve(io.position, io.length).map(({ index, position, offset, length }) => {
      return { at: offset, io: io.part(position, offset, length), device: lowers[index] as Device };
    });
    const [only] = parts;
    return parts.length === 1 && only !== undefined
      ? pass(only.io, only.device)
      : settled(await join(parts, io.length));
  };
}

function mirror(members: readonly Device[], pool: PagePool): Device {
  return (io) => (io.operation === 'read' ? readFirst(io, members, pool) : writeAll(io, members));
}

/** Of what is written, that has succeeded which every member has. */
async function writeAll(io: IoContext, members: readonly Device[]): Promise<number> {
  const failed = new Collation();
  const write = async (member: Device): Promise<void> => {
    const { failure, succeeded } = await outcomeOf(send(member, io.part(io.position, 0, io.length)), io.length);
    told();
    failed.add({ failure, succeeded: missingOf({ succeeded }, io.length) }, 0);
  };
  await Promise.all(members.map(write));
  told();
  const { failure, succeeded: missing } = failed.outcome(io.length);
  return settled({ failure, succeeded: missingOf({ succeeded: missing }, io.length) });
}

/** The members read into memory of their own; the first to succeed wins, and the others are asked to stop. */
async function readFirst(io: IoContext, members: readonly Device[], pool: PagePool): Promise<number> {
  const losers = new Abort(io.abort);
  const memory: PageVector[] = [];
  const errors: unknown[] = [];
  const read = async (member: Device, i: number): Promise<PageVector> => {
    const pages = memory[i] as PageVector;
    try {
      const bytes = await send(member, io.with(io.position, pages, io.length, losers));
      if (bytes < io.length) throw new IoError('EIO', { message: 'A member came back short' });
      return pages;
    } catch (error) {
      errors.push(error);
      throw error;
    } finally {
      told();
    }
  };
  try {
    while (memory.length < members.length) memory.push(pool.allocate(io.length));
    const reads = members.map(read);
    const winner = await Promise.any(reads).catch(() => null);
    losers.abort();
    // A loser must not write into memory that somebody else has by then (E6, I5).
    await Promise.allSettled(reads);
    told();
    if (winner === null) throw new IoError(failedWith(errors[0]).failure?.code ?? 'EIO', { cause: errors[0] });
    copyInto(io, winner);
    return io.length;
  } finally {
    for (const pages of memory) pages.free();
  }
}

function retry(attempts: number, blockSize: number): Layer {
  return async (io, next) => {
    let outcome = await outcomeOf(send(next, io), io.length);
    told();
    for (let left = attempts; left > 0 && outcome.failure?.code === 'EIO' && !io.aborted; left--) {
      const parts = missingOf(outcome, io.length, blockSize).map(({ offset, length }) => {
        return { at: offset, io: io.part(io.position + offset, offset, length), device: next };
      });
      // A flush has no parts.
      if (parts.length === 0) parts.push({ at: 0, io, device: next });
      const sum = new Collation().add({ ...outcome, failure: null }, 0);
      outcome = sum.add(await join(parts, io.length), 0).outcome(io.length);
    }
    return settled(outcome);
  };
}

/** A request that waits in a queue, or has left it for the device. */
interface Queued {
  readonly io: IoContext;
  go(run: readonly Queued[]): void;
  end(outcome: Outcome): void;
}

function queue({ depth, mergeBytes = 0 }: QueuePlan): Layer {
  const places = new Places<Queued>(depth, mergeBytes);
  const carry = async (run: readonly Queued[], next: Device): Promise<void> => {
    const [first] = run as readonly [Queued];
    const io = run.length === 1 ? first.io : IoContext.joined(run.map((each) => each.io));
    const outcome = await outcomeOf(send(next, io), io.length);
    told();
    places.release();
    let at = 0;
    for (const each of run) {
      each.end(run.length === 1 ? outcome : partOf(outcome, at, each.io.length));
      at += each.io.length;
    }
  };
  const turn = (io: IoContext, next: Device): Promise<Outcome> =>
    new Promise((resolve) => {
      const { signal } = io;
      const onAbort = (): void => {
        counters.visited++;
        if (places.leave(queued)) resolve(failedWith(PULLED));
      };
      const queued: Queued = {
        io,
        go: (run) => void carry(run, next),
        end(outcome) {
          signal.removeEventListener('abort', onAbort);
          resolve(outcome);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) resolve(failedWith(PULLED));
      else places.enter(queued);
    });
  return async (io, next) => settled(await turn(io, next));
}

function deviceOf(plan: Blueprint, over: (lower: Blueprint) => Device, blockSize: number, { pool }: Kit): Device {
  const stacked = (layer: Layer, lower: Blueprint): Device => {
    const next = over(lower);
    return (io) => layer(io, next);
  };
  switch (plan.kind) {
    case 'device':
      return bottomOf(plan.bottom);
    case 'pass':
      return stacked(pass, plan.over);
    case 'stripe':
    case 'linear':
      return carved(plan, lowersOf(plan).map(over));
    case 'mirror':
      return mirror(plan.over.map(over), pool);
    case 'crypt':
    case 'checksum':
    case 'pack':
      return stacked(transforming(transformOf(plan, pool)), plan.over);
    case 'retry':
      return stacked(retry(plan.attempts, blockSize), plan.over);
    case 'queue':
      return stacked(queue(plan), plan.over);
    case 'defer':
      return stacked(defer(plan.when), plan.over);
  }
}

/** The layers as a chain of promises. */
export const promises: Rival = {
  name: 'promises',
  capabilities: {
    ends: 'in a microtask',
    pulls: 'by an AbortSignal that each queued part listens to',
    knows: 'which parts succeeded',
    retries: 'the parts that failed',
  },
  build(blueprint, kit) {
    const size = sizeOf(blueprint);
    const device = foldUp<Device>(blueprint, (plan, over) => deviceOf(plan, over, size.blockSize, kit));
    return edgeDevice('promises', size, {
      begin(call) {
        void outcomeOf(send(device, IoContext.of(call)), call.length).then((outcome) => {
          finish(call, outcome);
        });
      },
      cancel(call) {
        (call.private as Abort).abort();
      },
    });
  },
};
