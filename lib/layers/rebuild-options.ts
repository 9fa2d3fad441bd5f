import { OptionError } from '../io/option-error.js';

/** How a member of a `Mirror` or a `Parity` is rebuilt. */
export interface RebuildOptions {
  /** Interrupts the rebuild when it aborts: one on the same device goes on from there. */
  signal?: AbortSignal;
  /**
   * Bytes of the member after which it is flushed and how far it has come is stored, so that a crash costs no more than
   * these. Default 64 MiB.
   */
  checkpointSize?: number;
  /** Take also a spare that is a member of another array, and is lost to it. Default false. */
  overwrite?: boolean;
  /** Told of bytes of the member that are there, of so many, after each step. */
  onProgress?: (done: number, total: number) => void;
}

/** Bytes between checkpoints, unless options say otherwise. */
const CHECKPOINT_SIZE: number = 64 * 1024 * 1024;

/** @throws ArgumentRangeError `ERR_CHECKPOINT_SIZE` */
export function checkpointSizeOf({ checkpointSize = CHECKPOINT_SIZE }: RebuildOptions): number {
  if (Number.isSafeInteger(checkpointSize) && checkpointSize > 0) return checkpointSize;
  throw new OptionError(
    'ERR_CHECKPOINT_SIZE',
    'checkpointSize',
    `must be a positive whole number of bytes, got ${String(checkpointSize)}`,
  );
}
