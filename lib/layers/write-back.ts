import { Completion } from '../event/completion.js';
import type { BlockDevice } from '../io/device.js';
import { IoError } from '../io/io-error.js';
import type { IoRequest } from '../io/io-request.js';
import type { CacheLines, Line } from './cache-lines.js';

/**
 * Writes the dirty lines of a cache to the device below: one write at a time for each line, so that an older one never
 * lands on a newer. A line whose write failed stays dirty, and whoever asked is told.
 */
export class WriteBack {
  private readonly lines: CacheLines;
  private readonly lower: BlockDevice;
  private dirtyLines = 0;
  /** Who waits for a line's write under way, to begin the next. */
  private readonly under = new Map<Line, Completion<IoError | null>>();

  constructor(lines: CacheLines, lower: BlockDevice) {
    this.lines = lines;
    this.lower = lower;
  }

  /** How many lines are newer than what is below. */
  get dirty(): number {
    return this.dirtyLines;
  }

  mark(line: Line): void {
    if (!line.dirty) this.dirtyLines++;
    line.dirty = true;
  }

  /** Brings a line down, also when it is being written and was changed since. Completes with the error, or null. */
  clean(line: Line): Completion<IoError | null> {
    const underWay = this.under.get(line);
    if (underWay === undefined && line.dirty) return this.write(line);
    const cleaned = new Completion<IoError | null>();
    if (underWay === undefined) cleaned.complete(null);
    else {
      underWay.notify(() => {
        this.clean(line).forward(cleaned, { own: false });
      });
    }
    return cleaned;
  }

  /** Brings lines down; completes with the first error, or null. What is dirtied meanwhile is not waited for. */
  cleanAll(lines: Iterable<Line>): Completion<IoError | null> {
    const cleaned = new Completion<IoError | null>();
    let first: IoError | null = null;
    let pending = 1;
    const ended = (error: IoError | null): void => {
      first ??= error;
      if (--pending === 0) cleaned.complete(first);
    };
    for (const line of [...lines]) {
      if (!line.dirty && !line.writing) continue;
      pending++;
      this.clean(line).notify((each) => {
        ended(each.value);
      });
    }
    ended(null);
    return cleaned;
  }

  /** Begins to bring down the least recently used, until so many are left or being written. */
  trim(most: number): void {
    let excess = this.dirtyLines - most;
    for (const line of this.lines) {
      if (excess <= 0) return;
      if (!line.dirty || line.writing) continue;
      excess--;
      this.write(line);
    }
  }

  /** Has the device below make stable what it has; completes with the error, or null. */
  flush(): Completion<IoError | null> {
    const ended = new Completion<IoError | null>();
    this.ask(
      () => this.lower.flush(),
      (error) => {
        ended.complete(error);
      },
    );
    return ended;
  }

  private write(line: Line): Completion<IoError | null> {
    const ended = new Completion<IoError | null>();
    this.under.set(line, ended);
    line.writing = true;
    line.dirty = false;
    this.dirtyLines--;
    const position = line.number * this.lines.lineSize;
    this.ask(
      () => this.lower.write(line.pages, { position }),
      (error) => {
        this.under.delete(line);
        line.writing = false;
        if (error !== null) this.mark(line);
        ended.complete(error);
      },
    );
    return ended;
  }

  /** What the device refuses (it may be closed) fails as anything else does: a header may wait for it. */
  private ask(make: () => IoRequest, then: (error: IoError | null) => void): void {
    let request: IoRequest;
    try {
      request = make();
    } catch (cause) {
      then(new IoError('EIO', { message: `${this.lower.name} refused what was to be brought down`, cause }));
      return;
    }
    request.notify(() => {
      then(failureOf(request));
    });
  }
}

/** Why a line did not get down. A short transfer is no error of its own, and leaves the line dirty all the same. */
function failureOf(request: IoRequest): IoError | null {
  if (request.state !== 'done') return request.error as IoError;
  if (request.value === request.length) return null;
  return new IoError('EIO', {
    message: `${request.device.name} took ${String(request.value)} of ${String(request.length)} bytes`,
  });
}
