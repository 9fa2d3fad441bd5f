import type { Blueprint } from '../blueprint.js';
import { HeldBottom, InstantBottom, type Bottom } from '../bottom.js';
import { contend } from '../contend.js';
import type { Experiment } from '../experiment.js';
import { reading } from './depth.js';

const CHUNK = 512;

/** Q1: what carving a request into pieces costs. */
export const fanOut: Experiment = {
  name: 'fan-out',
  title: 'A request carved into pieces',
  question: 'What does each design charge for carving a request into pieces and joining them again?',
  unit: 'pieces',
  xLabel: 'Pieces of a request, one for each member of a stripe over devices that answer at once',
  points: {
    quick: [1, 64],
    full: [1, 16, 256, 1024],
    thorough: [1, 4, 16, 64, 256, 1024],
  },
  metrics: [],
  decides: ['time', 'retained', 'allocated'],
  at: (pieces, setting) =>
    contend(
      pieces,
      setting,
      () => stripeOver(pieces, () => ({ kind: 'device', bottom: new InstantBottom({ size: CHUNK }) })),
      (stack) => reading(stack, setting, pieces * CHUNK, () => stripeOver(pieces, heldDevice)),
    ),
};

/** A stripe of so many members, in chunks of 512 bytes. */
export function stripeOver(members: number, member: (i: number) => Blueprint): Blueprint {
  return { kind: 'stripe', chunk: CHUNK, over: Array.from({ length: members }, (_, i) => member(i)) };
}

function heldDevice(): { readonly kind: 'device'; readonly bottom: Bottom } {
  return { kind: 'device', bottom: new HeldBottom({ size: CHUNK }) };
}
