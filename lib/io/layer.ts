import { collate } from './collate.js';
import { counters } from './counters.js';
import { BlockDevice, type DeviceOptions, type Geometry } from './device.js';
import { OPERATIONS, type Io, type Operation } from './io.js';
import { IoError } from './io-error.js';

/**
 * A device that stands on others. It is written once, against the verbs of {@link Io}, and runs unchanged under every
 * design (I3). What it has to remember of a request is a frame of type `F`, handed to a verb on the way down and back
 * in `done` on the way up.
 */
export abstract class Layer<F = null> extends BlockDevice {
  override readonly lowers: readonly BlockDevice[];

  /**
   * @param lowers what it stands on, at least one device; the design is the first one's unless the options name another,
   *   the operations are those that all of them can do, but for `except`, and the memory alignment is the largest unless
   *   the layer sees to it itself
   */
  constructor(
    name: string,
    lowers: readonly [BlockDevice, ...BlockDevice[]],
    geometry: Geometry,
    options: DeviceOptions,
    except?: Operation,
    memoryAlignment: number = Math.max(...lowers.map((lower) => lower.memoryAlignment)),
  ) {
    const able = OPERATIONS.filter(
      (operation) => operation !== except && lowers.every((lower) => can(lower, operation)),
    );
    super(options.name ?? name, options.strategy ?? lowers[0].strategy, geometry, able, memoryAlignment);
    this.lowers = lowers;
  }

  /**
   * The I/O below has ended and `io` is again as it was submitted to this layer, with the outcome in `bytes`, `failure`
   * and `failedRanges`, which the layer may change. Nobody above has been told. Called once per verb, in any turn. What it
   * throws fails the request with `EIO`.
   */
  abstract done(io: Io, frame: F): void;

  /**
   * One part of a split that the layer collates itself (N7) has ended, with its outcome in `part`. Called before `done`,
   * in order of arrival; may ask the rest to cancel.
   */
  child(_io: Io, _frame: F, _part: Io, _tag: unknown): void {
    // Layers that only use `piece` are told the sum in `done`.
  }
}

function can(device: BlockDevice, operation: Operation): boolean {
  return device.operations.includes(operation);
}

/** Adds a part's outcome to its parent's or, of a part that the layer collates itself, hands it over. */
export function partEnded(
  parent: Io,
  layer: Layer<unknown>,
  frame: unknown,
  part: Io,
  shift: number,
  tag: unknown,
): void {
  if (tag === SUMMED) {
    collate(parent, part, shift);
    return;
  }
  counters.callbacks++;
  try {
    layer.child(parent, frame, part, tag);
  } catch (error) {
    parent.failure ??= new IoError('EIO', { message: `${layer.name} threw`, cause: error });
  }
}

/** The tag of a piece, whose outcome is added to its parent's. */
export const SUMMED: unique symbol = Symbol('summed');

/** Calls a layer's `done`, for a strategy. Answers what it threw: it is through then, and suspends nothing. */
export function callDone(layer: Layer<unknown>, io: Io, frame: unknown): IoError | null {
  counters.callbacks++;
  try {
    layer.done(io, frame);
    return null;
  } catch (error) {
    const thrown =
      error instanceof IoError ? error : new IoError('EIO', { message: `${layer.name} threw`, cause: error });
    io.failure ??= thrown;
    io.failedRanges = [{ offset: 0, length: io.length }];
    io.bytes = 0;
    return thrown;
  }
}
