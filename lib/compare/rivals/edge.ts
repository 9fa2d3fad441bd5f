import { IoError } from '../../io/index.js';
import { bottomsOf, sizeOf } from '../blueprint.js';
import { edgeDevice, type EdgeCall } from '../edge.js';
import type { Rival } from '../rival.js';

/**
 * What every design is charged alike: the caller's completion and submission, with no design behind them. Answers every
 * request itself, or, where the experiment holds its answers back, waits for the cancel.
 */
export const edge: Rival = {
  name: 'edge',
  capabilities: { ends: 'inline', pulls: null, knows: 'which parts succeeded', retries: 'none' },
  build(blueprint) {
    const holds = bottomsOf(blueprint).some((bottom) => bottom.holds);
    return edgeDevice('edge', sizeOf(blueprint), {
      begin(call: EdgeCall) {
        if (!holds) call.finish(call.length, null);
      },
      cancel(call: EdgeCall) {
        call.finish(0, new IoError('ECANCELED'));
      },
    });
  },
};
