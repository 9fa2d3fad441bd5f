import type { BlockDevice } from './device.js';
import type { Io } from './io.js';

/*
 * The one place where submission is flattened, for every design (I2): what a layer submits while it is being submitted
 * to waits until it has returned, so that a stack of any depth and a split of any width stay flat.
 */

const targets: BlockDevice[] = [];
const headers: Io[] = [];
let running = false;

/** Submits a header to a device: at once, or when the submission under way has returned. In order. */
export function submit(target: BlockDevice, io: Io): void {
  targets.push(target);
  headers.push(io);
  if (running) return;
  running = true;
  try {
    for (let i = 0; i < targets.length; i++) (targets[i] as BlockDevice).submit(headers[i] as Io);
  } finally {
    targets.length = headers.length = 0;
    running = false;
  }
}
