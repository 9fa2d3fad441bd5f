import type { Blueprint } from '../blueprint.js';
import { HeldBottom, InstantBottom, type Bottom } from '../bottom.js';
import { buildStack, contend, oneByOne, type Stack, type Work } from '../contend.js';
import type { Experiment, Setting } from '../experiment.js';
import { retainedBytes } from '../retained.js';

const LENGTH = 4096;

/** Q1: what a layer costs that does nothing. */
export const depth: Experiment = {
  name: 'depth',
  title: 'Layers that pass a request on',
  question: 'What does each design charge for a layer that only passes a request on?',
  unit: 'layers',
  xLabel: 'Pass layers over a device that answers at once',
  points: {
    quick: [0, 16],
    full: [0, 1, 8, 64],
    thorough: [0, 1, 4, 8, 16, 64],
  },
  metrics: [],
  decides: ['time', 'retained', 'allocated'],
  at: (layers, setting) =>
    contend(
      layers,
      setting,
      () => layersOver(layers, new InstantBottom()),
      (stack) => reading(stack, setting, LENGTH, () => layersOver(layers, new HeldBottom())),
    ),
};

/** Pass layers, so many, over a bottom. */
export function layersOver(layers: number, bottom: Bottom): Blueprint {
  let blueprint: Blueprint = { kind: 'device', bottom };
  for (let i = 0; i < layers; i++) blueprint = { kind: 'pass', over: blueprint };
  return blueprint;
}

/** Reads from the start, one request after the other; and what one holds in flight, over bottoms that hold it. */
export function reading(
  { rival, device, pool }: Stack,
  { plan }: Setting,
  length: number,
  held: () => Blueprint,
): Work {
  const range = pool.allocate(length).range(0, length);
  return {
    run: oneByOne(() => device.read(range, { position: 0 }), length),
    async after() {
      const stack = await buildStack<HeldBottom>(rival, held());
      if ('cannot' in stack) return {};
      const retained = await retainedBytes(
        plan,
        () => stack.device.read(range, { position: 0 }),
        () => {
          for (const bottom of stack.bottoms) bottom.answer();
        },
      );
      return { retained };
    },
  };
}
