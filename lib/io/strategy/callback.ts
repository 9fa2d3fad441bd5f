import { counters } from '../counters.js';
import type { PageVector } from '../pages.js';
import type { CompoundEvent } from './compound-event.js';

/** What a callback answers: go on along the queue, or end the chain for the time being. */
export const GO_ON = true;
export const END_FOR_NOW = false;

/** An entry of a callback queue or a cancel queue. */
export class Callback {
  readonly run: (event: CompoundEvent, callback: Callback) => boolean;
  next: Callback | null = null;
  prev: Callback | null = null;
  /** What it needs: a layer and its frame, a slot, a child. */
  readonly data: unknown;
  readonly frame: unknown;
  /** What an interceptor restores. */
  position = 0;
  pages: PageVector | null = null;
  offset = 0;

  constructor(run: (event: CompoundEvent, callback: Callback) => boolean, data: unknown, frame: unknown) {
    counters.links++;
    this.run = run;
    this.data = data;
    this.frame = frame;
  }
}
