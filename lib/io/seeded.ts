import { OptionError } from './option-error.js';

/**
 * Chance that can be repeated, for layers and devices that make faults: the same seed draws the same numbers
 * (mulberry32). Not for secrets.
 */
export class Seeded {
  private state: number;

  /** @throws ArgumentRangeError `ERR_SEED` unless `seed` is a whole number */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) {
      throw new OptionError('ERR_SEED', 'seed', `must be a whole number, got ${String(seed)}`);
    }
    this.state = seed >>> 0;
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let bits = this.state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** True with this probability, from 0 to 1. */
  chance(rate: number): boolean {
    return this.next() < rate;
  }
}
