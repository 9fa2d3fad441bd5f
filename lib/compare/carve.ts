import type { LinearPlan, StripePlan } from './blueprint.js';

/** A part of a request on one of the devices below. */
export interface Part {
  /** Which of them, in the order of the blueprint. */
  readonly index: number;
  /** Bytes from the start of that device. */
  readonly position: number;
  /** Bytes from the start of the request. */
  readonly offset: number;
  readonly length: number;
}

/** Carves the bytes from `position` on into parts, in order. */
type Carve = (position: number, length: number) => Part[];

/** How a stripe or a linear carves requests up: the arithmetic, which is the same in every design that brings its own layers. */
export function carverOf(plan: StripePlan | LinearPlan): Carve {
  return plan.kind === 'stripe' ? byChunks(plan) : bySegments(plan);
}

function byChunks({ chunk, over }: StripePlan): Carve {
  return (position, length) => {
    const parts: Part[] = [];
    for (let done = 0; done < length;) {
      const number = Math.floor((position + done) / chunk);
      const within = (position + done) % chunk;
      const bytes = Math.min(chunk - within, length - done);
      const below = Math.floor(number / over.length) * chunk + within;
      parts.push({ index: number % over.length, position: below, offset: done, length: bytes });
      done += bytes;
    }
    return parts;
  };
}

function bySegments({ segments }: LinearPlan): Carve {
  return (position, length) => {
    const parts: Part[] = [];
    let start = 0;
    segments.forEach((segment, index) => {
      const from = Math.max(position, start);
      const to = Math.min(position + length, start + segment.length);
      if (from < to) {
        parts.push({ index, position: segment.start + from - start, offset: from - position, length: to - from });
      }
      start += segment.length;
    });
    return parts;
  };
}
