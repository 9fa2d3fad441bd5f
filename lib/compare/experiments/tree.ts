import type { Blueprint } from '../blueprint.js';
import { HeldBottom, InstantBottom, type Bottom } from '../bottom.js';
import { contend } from '../contend.js';
import type { Experiment } from '../experiment.js';
import { layersOver, reading } from './depth.js';
import { stripeOver } from './fan-out.js';

const LAYERS = 4;
const CHUNK = 512;

/** Q1: layers over a split over layers, as a volume manager between file systems and drivers has them. */
export const tree: Experiment = {
  name: 'tree',
  title: 'Layers over a split over layers',
  question: 'What does each design charge when four layers stand over a split, and four more over each member?',
  unit: 'pieces',
  xLabel: 'Pieces of a request, each through four pass layers, joined under four',
  points: { quick: [16], full: [4, 64, 256], thorough: [1, 4, 16, 64, 256] },
  metrics: [],
  decides: ['time', 'retained', 'allocated'],
  at: (pieces, setting) =>
    contend(
      pieces,
      setting,
      () => treeOver(pieces, () => new InstantBottom({ size: CHUNK })),
      (stack) => reading(stack, setting, pieces * CHUNK, () => treeOver(pieces, () => new HeldBottom({ size: CHUNK }))),
    ),
};

function treeOver(pieces: number, bottom: () => Bottom): Blueprint {
  let blueprint = stripeOver(pieces, () => layersOver(LAYERS, bottom()));
  for (let i = 0; i < LAYERS; i++) blueprint = { kind: 'pass', over: blueprint };
  return blueprint;
}
