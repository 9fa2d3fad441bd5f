import { type ByteRange, IoError, type IoRequest } from '../../io/index.js';
import { complementOf, sumOf, without } from '../../io/ranges.js';
import type { Blueprint } from '../blueprint.js';
import { FailingBottom, InstantBottom } from '../bottom.js';
import { contend, type Stack, type Work } from '../contend.js';
import type { Experiment } from '../experiment.js';
import { randomFrom } from '../statistics.js';
import { stripeOver } from './fan-out.js';

const CHUNK = 512;

/** N13: the caller of a request that failed in part learns in which. */
export const partial: Experiment = {
  name: 'partial',
  title: 'Half of a stripe fails',
  question: 'When half of the members of a stripe fail, what does the caller learn, and what does that cost?',
  unit: 'pieces',
  xLabel: 'Pieces of a request, half of which fail, chosen by the seed',
  points: { quick: [16], full: [4, 64], thorough: [4, 16, 64, 256] },
  metrics: [
    {
      name: 'known',
      unit: '',
      better: 'more',
      kind: 'exact',
      meaning: 'of the bytes that were transferred, the part that the caller knows of, from 0 to 1',
    },
    {
      name: 'false',
      unit: 'B',
      better: 'less',
      kind: 'exact',
      meaning: 'bytes that the caller takes for transferred and are not',
    },
  ],
  decides: ['known', 'false', 'time'],
  at(pieces, setting) {
    const failing = halfOf(pieces, randomFrom(setting.seed));
    const truth = complementOf(
      [...failing].map((i) => ({ offset: i * CHUNK, length: CHUNK })),
      pieces * CHUNK,
    );
    return contend(
      pieces,
      setting,
      () => stripeOver(pieces, (i) => member(failing.has(i))),
      (stack) => failingReads(stack, pieces * CHUNK, truth),
    );
  },
};

function halfOf(count: number, random: () => number): Set<number> {
  const left = Array.from({ length: count }, (_, i) => i);
  const chosen = new Set<number>();
  while (chosen.size < count / 2) {
    const [one] = left.splice(Math.floor(random() * left.length), 1);
    chosen.add(one as number);
  }
  return chosen;
}

function member(fails: boolean): Blueprint {
  const bottom = new InstantBottom({ size: CHUNK });
  return { kind: 'device', bottom: fails ? new FailingBottom(bottom, () => true) : bottom };
}

function failingReads({ device, pool }: Stack, length: number, truth: readonly ByteRange[]): Work {
  const range = pool.allocate(length).range(0, length);
  let last: IoRequest | null = null;
  const begin = (): IoRequest => (last = device.read(range, { position: 0 }));
  const rest = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const request = i === 0 && last !== null ? last : begin();
      if (!request.settled)
        await new Promise<void>(
          (resolve) =>
            void request.notify(() => {
              resolve();
            }),
        );
    }
  };
  return {
    run(times) {
      for (let i = 0; i < times; i++) {
        if (!begin().settled) return rest(times - i);
      }
      return undefined;
    },
    extra() {
      const told = last?.state === 'failed' && last.error instanceof IoError ? last.error.succeeded : [];
      const good = sumOf(truth);
      const right = good - sumOf(without(truth, told, length));
      return { known: right / good, false: sumOf(told) - right };
    },
  };
}
