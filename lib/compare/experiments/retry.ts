import type { Blueprint } from '../blueprint.js';
import { FailingBottom, InstantBottom } from '../bottom.js';
import { contend, oneByOne, type Stack } from '../contend.js';
import type { Experiment } from '../experiment.js';
import { stripeOver } from './fan-out.js';

const CHUNK = 512;

/** N8: sub-I/Os can be tried again. */
export const retry: Experiment = {
  name: 'retry',
  title: 'One piece fails and is tried again',
  question: 'What does it cost to try again when one piece of a request has failed, and how much is sent twice?',
  unit: 'pieces',
  xLabel: 'Pieces of a request under a layer that tries again; one fails the first time',
  points: { quick: [16], full: [4, 64], thorough: [1, 4, 16, 64, 256] },
  metrics: [],
  decides: ['operations', 'time'],
  at: (pieces, setting) =>
    contend(
      pieces,
      setting,
      (): Blueprint => ({ kind: 'retry', attempts: 1, over: stripeOver(pieces, member) }),
      ({ device, pool }: Stack) => {
        const range = pool.allocate(pieces * CHUNK).range(0, pieces * CHUNK);
        return { run: oneByOne(() => device.read(range, { position: 0 }), range.length) };
      },
    ),
};

/** The first member fails every other transfer: what comes after a failure is another attempt. */
function member(i: number): Blueprint {
  const bottom = new InstantBottom({ size: CHUNK });
  return {
    kind: 'device',
    bottom: i === 0 ? new FailingBottom(bottom, (_transfer, nth) => nth % 2 === 0) : bottom,
  };
}
