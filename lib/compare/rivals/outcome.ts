import { complementOf, IoError, tailAfter, type ByteRange } from '../../io/index.js';
import { sumOf } from '../../io/ranges.js';
import type { EdgeCall } from '../edge.js';

/** What became of a request: success is not a prefix (N13). */
export interface Outcome {
  readonly failure: IoError | null;
  /** In order and apart from each other. */
  readonly succeeded: readonly ByteRange[];
}

/** The outcome of one that ended with so many bytes. */
export function transferred(bytes: number, length: number): Outcome {
  return { failure: null, succeeded: complementOf(tailAfter(bytes, length), length) };
}

/** The outcome of one that failed. */
export function failedWith(error: unknown): Outcome {
  const failure = error instanceof IoError ? error : new IoError('EIO', { message: 'A layer threw', cause: error });
  return { failure, succeeded: failure.succeeded };
}

/** The error that a device ends a transfer with, which tells what it has transferred all the same. */
export function failureOf(bytes: number, length: number, failure: IoError): IoError {
  if (bytes === 0) return failure;
  return new IoError(failure.code, { cause: failure, bytes, succeeded: transferred(bytes, length).succeeded });
}

/** The bytes of an outcome. @throws its failure, with what succeeded in it */
export function settled({ failure, succeeded }: Outcome): number {
  const bytes = sumOf(succeeded);
  if (failure === null) return bytes;
  if (failure.bytes === 0 && bytes === 0) throw failure;
  throw new IoError(failure.code, { cause: failure.cause ?? failure, bytes, succeeded });
}

/** Ends a request as an outcome says. */
export function finish(call: EdgeCall, { failure, succeeded }: Outcome): void {
  const bytes = sumOf(succeeded);
  call.finish(bytes, failure, bytes === call.length ? null : complementOf(succeeded, call.length));
}

/** What is missing of so many bytes; in whole blocks, where a block size is given. */
export function missingOf({ succeeded }: Pick<Outcome, 'succeeded'>, length: number, blockSize = 1): ByteRange[] {
  const widened = complementOf(succeeded, length).map((range) => {
    const offset = range.offset - (range.offset % blockSize);
    return { offset, length: Math.ceil((range.offset + range.length) / blockSize) * blockSize - offset };
  });
  return complementOf(complementOf(widened, length), length);
}

/** Without some parts, for a reason that counts unless there was one before. */
export function spoiled(
  { failure, succeeded }: Outcome,
  bad: readonly ByteRange[],
  why: IoError | null,
  length: number,
): Outcome {
  return { failure: failure ?? why, succeeded: complementOf([...complementOf(succeeded, length), ...bad], length) };
}

/** The outcome of the bytes from `at` on, of one that was sent for several. */
export function partOf({ failure, succeeded }: Outcome, at: number, length: number): Outcome {
  const inside = succeeded.flatMap((range) => {
    const [from, to] = [Math.max(at, range.offset), Math.min(at + length, range.offset + range.length)];
    return from < to ? [{ offset: from - at, length: to - from }] : [];
  });
  return { failure: sumOf(inside) === length && length > 0 ? null : failure, succeeded: inside };
}

/** Adds up outcomes of parts in the order in which they come: the first error in time stands (I4). */
export class Collation {
  private failure: IoError | null = null;
  private readonly succeeded: ByteRange[] = [];

  /** @param offset where the part lies in what is collated */
  add({ failure, succeeded }: Outcome, offset: number): this {
    this.failure ??= failure;
    for (const range of succeeded) this.succeeded.push({ offset: offset + range.offset, length: range.length });
    return this;
  }

  /** @param length of all */
  outcome(length: number): Outcome {
    return { failure: this.failure, succeeded: complementOf(complementOf(this.succeeded, length), length) };
  }
}
