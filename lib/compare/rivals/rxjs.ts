import { StateError } from '../../wait/errors.js';
import { foldUp, lowersOf, sizeOf, type Blueprint } from '../blueprint.js';
import { edgeDevice } from '../edge.js';
import type { Kit, Rival } from '../rival.js';
import { IoContext, type Abort } from './context.js';
import { finish } from './outcome.js';
import { layersOf, type Device, type Layer, type Layers } from './rxjs-layers.js';
import { transformOf } from './transform.js';

/** RxJS, loaded when it is used. @throws StateError `ERR_PEER` when it, which is optional, is not installed */
export async function loadRxjs(): Promise<typeof import('rxjs')> {
  try {
    return await import('rxjs');
  } catch (error) {
    throw new StateError('ERR_PEER', `needs the optional package rxjs: npm install rxjs (${String(error)})`);
  }
}

function deviceOf(
  layers: Layers,
  plan: Blueprint,
  over: (lower: Blueprint) => Device,
  blockSize: number,
  { pool }: Kit,
): Device {
  const stacked = (layer: Layer, lower: Blueprint): Device => {
    const next = over(lower);
    return (io) => layer(io, next);
  };
  switch (plan.kind) {
    case 'device':
      return layers.bottomOf(plan.bottom);
    case 'pass':
      return stacked(layers.pass, plan.over);
    case 'stripe':
    case 'linear':
      return layers.carved(plan, lowersOf(plan).map(over));
    case 'mirror':
      return layers.mirror(plan.over.map(over), pool);
    case 'crypt':
    case 'checksum':
    case 'pack':
      return stacked(layers.transforming(transformOf(plan, pool)), plan.over);
    case 'retry':
      return stacked(layers.retry(plan.attempts, blockSize), plan.over);
    case 'queue':
      return stacked(layers.queue(plan), plan.over);
    case 'defer':
      return stacked(layers.deferring(plan.when), plan.over);
  }
}

/** The layers as operators of RxJS, which is optional: without it the design cannot. */
export const rxjs: Rival = {
  name: 'rxjs',
  capabilities: {
    ends: 'inline',
    pulls: 'by an AbortSignal that each queued part listens to',
    knows: 'which parts succeeded',
    retries: 'the parts that failed',
  },
  async build(blueprint, kit) {
    let rx: typeof import('rxjs');
    try {
      rx = await loadRxjs();
    } catch (error) {
      return { cannot: (error as StateError).message };
    }
    const layers = layersOf(rx);
    const size = sizeOf(blueprint);
    const device = foldUp<Device>(blueprint, (plan, over) => deviceOf(layers, plan, over, size.blockSize, kit));
    return edgeDevice('rxjs', size, {
      begin(call) {
        layers.outcomeOf(device, IoContext.of(call)).subscribe((outcome) => {
          finish(call, outcome);
        });
      },
      cancel(call) {
        (call.private as Abort).abort();
      },
    });
  },
};
