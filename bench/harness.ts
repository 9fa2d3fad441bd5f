import { effects, PERIOD } from './effects.js';
import type { Contender, Rig, Role, Row, Run } from './row.js';
import { bootstrap, median, type Interval } from './statistics.js';

/** How long and how often things are measured. */
interface Effort {
  readonly rounds: number;
  readonly batchMs: number;
  readonly warmUpMs: number;
}

export const FULL: Effort = { rounds: 25, batchMs: 6, warmUpMs: 240 };
export const QUICK: Effort = { rounds: 15, batchMs: 2, warmUpMs: 100 };

/** One contender's figures for one case. */
export interface Figures {
  readonly role: Role;
  readonly name: string;
  readonly lacks?: string | undefined;
  /** Nanoseconds per operation. */
  readonly ns: number;
  /** The median of the ratios to the ideal, each taken within one round. */
  readonly ratio: Interval;
}

interface Standing {
  readonly contender: Contender;
  readonly rig: Rig;
  times: number;
  readonly nsPerRound: number[];
}

declare const gc: (options?: { type: 'minor' }) => void;

/**
 * Times the contenders of one case. They take turns in one process and start every round at another place, so that
 * what the machine does meanwhile falls on all of them.
 */
export async function timeCase(row: Row, n: number, given: Effort): Promise<Figures[]> {
  const effort = row.batchMs === undefined ? given : { ...given, batchMs: row.batchMs };
  const standings: Standing[] = [];
  for (const contender of contendersFor(row, n)) {
    standings.push({ contender, rig: await rigOf(contender, n), times: 1, nsPerRound: [] });
  }
  const expected = await checkEffects(standings);
  for (const { rig } of standings) await rig.verify();
  for (let pass = 0; pass < 3; pass++) {
    for (const standing of standings) await calibrate(standing, effort, effort.warmUpMs / 3);
  }
  for (let round = 0; round < effort.rounds; round++) {
    for (let i = 0; i < standings.length; i++) {
      const standing = standings[(i + round) % standings.length]!;
      standing.nsPerRound.push((await timeBatch(standing, expected)) / standing.times);
    }
  }
  for (const { rig } of standings) {
    await rig.verify();
    await rig.close();
  }
  const ideal = standings[0]!.nsPerRound;
  return standings.map(({ contender, nsPerRound }) => ({
    role: contender.role,
    name: contender.name,
    lacks: contender.lacks,
    ns: median(nsPerRound),
    ratio: bootstrap(nsPerRound.map((ns, round) => ns / ideal[round]!)),
  }));
}

export function contendersFor(row: Row, n: number): Contender[] {
  const contenders = row.contenders.filter(({ most }) => most === undefined || n <= most);
  if (contenders[0]?.role !== 'ideal') throw new Error(`The first contender of ${row.name} must be the ideal`);
  return contenders;
}

/** Made ready; where everything happens in the process, the sum of effects is all there is to look at. */
export async function rigOf(contender: Contender, n: number): Promise<Rig> {
  const made = await contender.prepare(n);
  return typeof made === 'function' ? { run: made, verify: nothing, close: nothing } : made;
}

async function nothing(): Promise<void> {
  // Nothing to look at, and nothing to put away.
}

/** What so many operations add to the sum. */
type Expected = (times: number) => number;

/** Runs every contender from 1 to PERIOD times: all must leave what the ideal leaves, and that must be something. */
async function checkEffects(standings: readonly Standing[]): Promise<Expected> {
  const sums: number[] = [0];
  for (const {
    contender,
    rig: { run },
  } of standings) {
    for (let times = 1; times <= PERIOD; times++) {
      const sum = await effectOf(contender, run, times);
      if (contender.role === 'ideal') sums.push(sum);
      else if (sum !== sums[times]) throw wrongEffect(contender, times, sum, sums[times]!);
    }
  }
  if (sums.every((sum) => sum === 0)) throw new Error('The ideal has no effect to be checked');
  return (times) => (Math.imul(sums[PERIOD]!, Math.floor(times / PERIOD)) + sums[times % PERIOD]!) | 0;
}

async function effectOf(contender: Contender, run: Run, times: number): Promise<number> {
  const left = contender.effects ?? effects;
  left[0] = 0;
  await run(times);
  return left[0];
}

function wrongEffect(contender: Contender, times: number, sum: number, expected: number): Error {
  return new Error(`${contender.name}: ${times} operations left ${sum} behind instead of ${expected}`);
}

/** Runs for a while, and sets how many operations make a batch. */
async function calibrate(standing: Standing, effort: Effort, forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  do {
    const start = performance.now();
    const running = standing.rig.run(standing.times);
    if (running !== undefined) await running;
    const ms = performance.now() - start;
    const factor = effort.batchMs / Math.max(ms, effort.batchMs / 8);
    standing.times = Math.max(1, Math.round(standing.times * factor));
  } while (performance.now() < end);
}

async function timeBatch(standing: Standing, expected: Expected): Promise<number> {
  const {
    rig: { run },
    times,
  } = standing;
  // Nobody pays for the garbage of the one before.
  gc({ type: 'minor' });
  const left = standing.contender.effects ?? effects;
  left[0] = 0;
  const start = process.hrtime.bigint();
  const running = run(times);
  if (running !== undefined) await running;
  const ns = Number(process.hrtime.bigint() - start);
  if (left[0] !== expected(times)) throw wrongEffect(standing.contender, times, left[0], expected(times));
  return ns;
}
