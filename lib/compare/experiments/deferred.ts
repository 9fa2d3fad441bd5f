import type { Blueprint, When } from '../blueprint.js';
import { InstantBottom } from '../bottom.js';
import { contend, oneByOne } from '../contend.js';
import type { Experiment } from '../experiment.js';

const LENGTH = 4096;
const WHENS: readonly When[] = ['inline', 'microtask', 'task'];

/** N6: a completion action that runs later. */
export const deferred: Experiment = {
  name: 'deferred',
  title: 'Completion actions that run later',
  question: 'What does it cost when the completion action of a layer runs in a microtask or in a task, and not inline?',
  unit: 'later',
  xLabel:
    'Where the action of a layer over a device that answers at once runs: 0 inline, 1 in a microtask, 2 in a task',
  points: { quick: [0, 2], full: [0, 1, 2], thorough: [0, 1, 2] },
  metrics: [],
  decides: ['time', 'allocated'],
  at: (later, setting) =>
    contend(
      later,
      setting,
      (): Blueprint => {
        const over: Blueprint = { kind: 'device', bottom: new InstantBottom() };
        return { kind: 'defer', when: WHENS[later] as When, over };
      },
      ({ device, pool }) => {
        const range = pool.allocate(LENGTH).range(0, LENGTH);
        return { run: oneByOne(() => device.read(range, { position: 0 }), LENGTH) };
      },
    ),
};
