import { WaitingList } from '../../lib/io/waiting-list.js';

/** Seeds every random program; printed with the results, and repeated by setting it. */
export const seed: number = Number(process.env['WAKECHAIN_SEED'] ?? Date.now() % 0x7fffffff);

/** How many random programs each layer goes through under each design. */
export const programs: number = Number(process.env['WAKECHAIN_PROGRAMS'] ?? 2000);

/** Runs random programs, each with a seed of its own. One that fails says how it is run again, alone. */
export async function runPrograms(count: number, run: (random: Random, seed: number) => unknown): Promise<void> {
  const { stackTraceLimit } = Error;
  for (let own = seed; own < seed + count; own++) {
    // Errors are made by the thousand, and where is read of none but the last.
    Error.stackTraceLimit = 0;
    try {
      const running = run(new Random(own), own);
      if (running instanceof Promise) await running;
    } catch (error) {
      // What it has left waiting must not fail those that come after it.
      for (const list of [...WaitingList.all]) for (const slot of [...list]) list.take(slot);
      const again = `WAKECHAIN_SEED=${String(own)} WAKECHAIN_PROGRAMS=1`;
      throw new Error(`${again} runs it again: ${(error as Error).message}`, { cause: error });
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}

/** So often, at least, a thing must be asked for before its count tells anything. */
const TELLING = 3;

/**
 * What came up less often than asked for, for each program; nothing when there are too few for chance to be even. Floors
 * lie so far below what is usual, by five standard deviations and more, that no seed comes near them.
 * @param count programs, each from a seed of its own
 * @param times how often each was run: the same again is no further chance
 */
export function rareOnes(
  floors: Record<string, number>,
  tally: ReadonlyMap<string, number>,
  count: number,
  times = 1,
): string[] {
  if (count < 200) return [];
  const asked = Object.entries(floors).filter(([, floor]) => floor * count >= TELLING);
  const rare = asked.filter(([what, floor]) => (tally.get(what) ?? 0) < floor * count * times);
  return rare.map(([what]) => `${what}: ${String(tally.get(what) ?? 0)} times in ${String(count * times)} programs`);
}

/** A small seeded generator (mulberry32): fast enough to make thousands of programs. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let bits = this.state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}
