import { setImmediate } from 'node:timers';
import { Layer, type BlockDevice, type Io } from '../../io/index.js';
import type { When } from '../blueprint.js';

/** The comparison's layer whose completion action runs in the turn that it is told in, or in a later one (N6). */
export class Defer extends Layer {
  private readonly lower: BlockDevice;
  private readonly when: When;

  constructor(lower: BlockDevice, when: When) {
    super('defer', [lower], lower.geometry, {});
    this.lower = lower;
    this.when = when;
  }

  submit(io: Io): void {
    io.pass(this, this.lower, io.position, null);
  }

  done(io: Io): void {
    if (this.when === 'inline') return;
    const resume = io.suspend();
    if (this.when === 'microtask') queueMicrotask(resume);
    else setImmediate(resume);
  }
}
