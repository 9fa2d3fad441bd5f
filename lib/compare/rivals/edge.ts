import { IoError, type Operation, type PageVector, type Transfer } from '../../io/index.js';
import { bottomsOf, sizeOf } from '../blueprint.js';
import { edgeDevice, type EdgeCall } from '../edge.js';
import type { Rival } from '../rival.js';

/**
 * What every design is charged alike: the caller's completion and submission, with no design behind them. Answers every
 * request itself, or, where the experiment holds answers back, when the first bottom does or the caller cancels.
 */
export const edge: Rival = {
  name: 'edge',
  capabilities: { ends: 'inline', pulls: null, knows: 'which parts succeeded', retries: 'none' },
  build(blueprint) {
    const bottom = bottomsOf(blueprint).find(({ holds }) => holds);
    return edgeDevice('edge', sizeOf(blueprint), {
      begin(call) {
        if (bottom === undefined) call.finish(call.length, null);
        else bottom.transfer(new Waiting(call));
      },
      cancel(call) {
        call.private = null;
        call.finish(0, new IoError('ECANCELED'));
      },
    });
  },
};

/** A request at the bottom, whose answer comes too late when it was cancelled. */
class Waiting implements Transfer {
  readonly operation: Operation;
  readonly position: number;
  readonly pages: PageVector | null;
  readonly offset: number;
  readonly length: number;
  readonly fua: boolean;
  private readonly call: EdgeCall;

  constructor(call: EdgeCall) {
    this.operation = call.operation;
    this.position = call.position;
    this.pages = call.pages;
    this.offset = call.offset;
    this.length = call.length;
    this.fua = call.fua;
    this.call = call;
    call.private = this;
  }

  finish(bytes: number, error: IoError | null): void {
    if (this.call.private === this) this.call.finish(bytes, error);
  }
}
