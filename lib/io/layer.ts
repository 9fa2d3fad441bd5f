import { counters } from './counters.js';
import { BlockDevice } from './device.js';
import type { Io } from './io.js';
import { IoError } from './io-error.js';

/**
 * A device that stands on others. It is written once, against the verbs of {@link Io}, and runs unchanged under every
 * design (I3). What it has to remember of a request is a frame of type `F`, handed to a verb on the way down and back
 * in `done` on the way up.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- ties a frame to the layer it is handed back to
export abstract class Layer<F = null> extends BlockDevice {
  abstract override get lowers(): readonly BlockDevice[];

  /**
   * The I/O below has ended and `io` is again as it was submitted to this layer, with the outcome in `bytes`, `failure`
   * and `failedRanges`, which the layer may change. Nobody above has been told. Called once per verb, in any turn. What it
   * throws fails the request with `EIO`.
   */
  abstract done(io: Io, frame: F): void;
}

/** Calls a layer's `done`, for a strategy. */
export function callDone(layer: Layer<unknown>, io: Io, frame: unknown): void {
  counters.callbacks++;
  try {
    layer.done(io, frame);
  } catch (error) {
    io.failure ??=
      error instanceof IoError ? error : new IoError('EIO', { message: `${layer.name} threw`, cause: error });
    io.failedRanges = [{ offset: 0, length: io.length }];
    io.bytes = 0;
  }
}
