import { IoError, type ByteRange, type PagePool, type PageVector } from '../../io/index.js';
import { Xts } from '../../layers/xts.js';
import { PACKED_UNIT, UNIT, type ChecksumPlan, type CryptPlan, type PackPlan } from '../blueprint.js';
import { pack, unpack } from '../layers/pack.js';
import { mismatch, SumTable, wholeUnits } from '../layers/sums.js';
import type { IoContext } from './context.js';
import { missingOf, spoiled, type Outcome } from './outcome.js';

/**
 * What a layer does with the bytes, which is the same in every design: what it sends below in place of a request, and
 * what it makes of what became of that. When it is called, and who waits for whom, is the design's.
 */
export type Transform = (io: IoContext) => Transforming;

export interface Transforming {
  readonly below: IoContext;
  /** Called once, when nothing below touches the memory any more. */
  readonly end: (outcome: Outcome) => Outcome;
}

/** @throws IoError `ENOMEM`, `EOPNOTSUPP`: the transform itself, of a request that it cannot begin */
export function transformOf(plan: CryptPlan | ChecksumPlan | PackPlan, pool: PagePool): Transform {
  switch (plan.kind) {
    case 'crypt':
      return crypt(plan.key, pool);
    case 'checksum':
      return checksum();
    case 'pack':
      return packing(pool);
  }
}

function crypt(key: Uint8Array, pool: PagePool): Transform {
  const xts = new Xts(key);
  return (io) => {
    const { operation, pages, offset, position, length } = io;
    if (operation === 'writeZeroes') throw unable(io);
    if (pages === null) return untouched(io);
    if (operation === 'write') {
      const own = pool.allocate(length);
      xts.crypt(true, { pages, offset }, { pages: own, offset: 0 }, position, length);
      return { below: io.with(position, own), end: freeing(own, (outcome) => wholeSectors(outcome, length)) };
    }
    return {
      below: io,
      end(below) {
        const outcome = wholeSectors(below, length);
        for (const range of outcome.succeeded) {
          const place = { pages, offset: offset + range.offset };
          xts.crypt(false, place, place, position + range.offset, range.length);
        }
        return outcome;
      },
    };
  };
}

function checksum(): Transform {
  const table = new SumTable();
  return (io) => {
    const written = table.before(io);
    return {
      below: io,
      end(outcome) {
        const bad = table.after(io, written, outcome.succeeded);
        return bad.length === 0 ? outcome : spoiled(outcome, bad, mismatch(io.position), io.length);
      },
    };
  };
}

function packing(pool: PagePool): Transform {
  return (io) => {
    const { operation, length } = io;
    if (operation === 'flush') return untouched(io);
    if (operation !== 'read' && operation !== 'write') throw unable(io);
    const own = pool.allocate(packedFrom(length));
    if (operation === 'write') pack(io, own);
    return {
      below: io.with(packedFrom(io.position), own, packedFrom(length)),
      end: freeing(own, (outcome) => {
        const { good, failure } = unpack(io, own, outcome.succeeded);
        return spoiled({ ...outcome, succeeded: good }, [], failure, length);
      }),
    };
  };
}

function packedFrom(bytes: number): number {
  return (bytes / UNIT) * PACKED_UNIT;
}

function untouched(io: IoContext): Transforming {
  return { below: io, end: (outcome) => outcome };
}

function freeing(own: PageVector, end: (outcome: Outcome) => Outcome): (outcome: Outcome) => Outcome {
  return (outcome) => {
    const found = end(outcome);
    own.free();
    return found;
  };
}

/** Part of a sector is worth nothing. */
function wholeSectors(outcome: Outcome, length: number): Outcome {
  const missing: ByteRange[] = missingOf(outcome, length);
  if (missing.length === 0) return outcome;
  return {
    failure: outcome.failure,
    succeeded: missingOf(
      { succeeded: missingOf({ succeeded: outcome.succeeded.flatMap(wholeUnits) }, length) },
      length,
    ),
  };
}

function unable({ operation }: IoContext): IoError {
  return new IoError('EOPNOTSUPP', { message: `The layer does not support ${operation}` });
}
