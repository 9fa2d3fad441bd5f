import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { ExtentState } from '../io/extents.js';
import type { Io } from '../io/io.js';
import type { ByteRange, IoErrorCode } from '../io/io-error.js';
import { Layer } from '../io/layer.js';
import { complementOf, inBlocks, sumOf } from '../io/ranges.js';
import { checkDelayOption, OptionError } from '../io/option-error.js';
import { Delay } from './delay.js';

/** Which errors a {@link Retry} tries again, how often and when. */
export interface RetryOptions extends DeviceOptions {
  /** Milliseconds to wait before each further attempt: as many attempts as times. Default `[0, 10, 100]`. */
  delaysMs?: readonly number[];
  /** What is worth another attempt. Default `EIO` and `ETIMEDOUT`. A cancel never is. */
  codes?: readonly IoErrorCode[];
}

/** What was tried before. The first attempt has none. */
interface Attempt {
  /** How many were made before this one. */
  readonly number: number;
  /** Only what had failed before was sent; the rest has succeeded. */
  readonly partial: boolean;
}

/**
 * Tries again what failed, or came back short (N8). Only the blocks that failed are sent again; nobody above is told of
 * an attempt that was not the last. When all are used up the request ends as the last attempt left it. Never after a
 * cancel: then the outcome stands, and one that waits for its next attempt is taken out.
 *
 * A flush is not tried again: what was acknowledged before the one that failed may be lost, as in the page cache of a
 * system whose sync has failed, and the next would succeed all the same (I7).
 */
export class Retry extends Layer<Attempt | null> {
  private readonly lower: BlockDevice;
  /** Where each further attempt is sent to: a delay over the device below, or that device. */
  private readonly targets: readonly BlockDevice[];
  private readonly codes: readonly IoErrorCode[];
  private attempts = 0;

  /** @throws ArgumentRangeError `ERR_DELAY` for a time that no timer can keep, `ERR_CODES` for `ECANCELED` */
  constructor(lower: BlockDevice, options: RetryOptions = {}) {
    super('retry', [lower], lower.geometry, options);
    const { delaysMs = [0, 10, 100], codes = ['EIO', 'ETIMEDOUT'] } = options;
    if (codes.includes('ECANCELED')) {
      throw new OptionError('ERR_CODES', 'codes', 'must not hold ECANCELED: what was cancelled is not tried again');
    }
    for (const [i, delayMs] of delaysMs.entries()) checkDelayOption(`delaysMs.${String(i)}`, delayMs);
    this.lower = lower;
    this.targets = delaysMs.map((delayMs) => (delayMs === 0 ? lower : new Delay(lower, { delayMs })));
    this.codes = codes;
  }

  /** Attempts made so far beyond the first ones. */
  get retried(): number {
    return this.attempts;
  }

  submit(io: Io): void {
    io.pass(this, this.lower, io.position, null);
  }

  protected override knownExtents(position: number, length: number): Promise<ExtentState[]> {
    return this.lower.extents(position, length);
  }

  done(io: Io, attempt: Attempt | null): void {
    if (io.failure === null && io.bytes >= io.length && attempt === null) return;
    const missing = this.missingBlocks(io, attempt);
    const whole = missing.length === 0 || sumOf(missing) === io.length;
    const number = attempt?.number ?? 0;
    const target = this.targets[number];
    if (target !== undefined && this.isWorthIt(io, missing) && io.retry()) {
      this.attempts++;
      const next: Attempt = { number: number + 1, partial: !whole };
      if (whole) io.pass(this, target, io.position, next);
      else this.sendAgain(io, target, missing, next);
    } else if (attempt?.partial === true) {
      io.bytes = io.length - sumOf(missing);
      io.failedRanges = missing.length === 0 ? null : missing;
    }
  }

  private isWorthIt(io: Io, missing: readonly ByteRange[]): boolean {
    // The one that failed may have dropped what it was to make stable; another would vouch for that (I7).
    if (io.operation === 'flush') return false;
    return io.failure === null ? missing.length > 0 : this.codes.includes(io.failure.code);
  }

  private sendAgain(io: Io, target: BlockDevice, missing: readonly ByteRange[], attempt: Attempt): void {
    const split = io.split(this, attempt);
    for (const { offset, length } of missing) split.piece(target, io.position + offset, offset, length);
    split.seal();
  }

  /** What has not been transferred by any attempt, in whole blocks: a device may have ended in the middle of one. */
  private missingBlocks(io: Io, attempt: Attempt | null): ByteRange[] {
    // Of an attempt in pieces all that failed is in the ranges; what it did not send has succeeded before.
    const failed = attempt?.partial === true ? (io.failedRanges ?? []) : complementOf(io.succeededRanges(), io.length);
    return inBlocks(failed, this.blockSize, io.length);
  }
}
