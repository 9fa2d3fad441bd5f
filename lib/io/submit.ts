import { uncaught } from '../event/hooks.js';
import type { BlockDevice } from './device.js';
import { IoError } from './io-error.js';
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
  if (running) {
    targets.push(target);
    headers.push(io);
    return;
  }
  running = true;
  hand(target, io);
  // Most devices submit nothing further while they are submitted to, and emptying a list costs as much as a header.
  if (targets.length > 0) submitRest();
  running = false;
}

function submitRest(): void {
  for (let i = 0; i < targets.length; i++) {
    if (i >= 1024 && 2 * i >= targets.length) {
      // What went down is let go of, also by a program that submits from its callbacks for ever.
      targets.splice(0, i);
      headers.splice(0, i);
      i = 0;
    }
    hand(targets[i] as BlockDevice, headers[i] as Io);
  }
  targets.length = headers.length = 0;
}

/** A device that throws fails its header and nothing else; but what it has handed on by then must come back first. */
function hand(target: BlockDevice, io: Io): void {
  const submitted = targets.length;
  try {
    target.submit(io);
  } catch (error) {
    if (targets.length > submitted) uncaught(error);
    else io.finish(0, new IoError('EIO', { message: `${target.name} threw`, cause: error }));
  }
}
