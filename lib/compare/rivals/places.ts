/** What a request is to those who give out places. Those that differ in operation or `fua` are never sent together. */
interface Placed {
  readonly operation?: string;
  readonly fua?: boolean;
  readonly position: number;
  readonly length: number;
}

/** Who waits for a place, or has one. */
export interface Waiter {
  readonly io: Placed;
  /** Its turn has come, together with those that are sent along with it: by position, itself among them. */
  go(run: readonly this[]): void;
}

/**
 * A limit on how many run at once, as packages such as p-limit have it: the others wait, first come, first served, and
 * may leave. All costs O(1). Those that adjoin the one whose turn has come go with it, up to `mergeBytes`.
 */
export class Places<W extends Waiter> {
  private free: number;
  private readonly mergeBytes: number;
  private readonly waiting = new Set<W>();
  /** Of those that wait, by what they do and where they begin; of several alike, one. */
  private readonly starts = new Map<string, W>();

  constructor(depth: number, mergeBytes: number) {
    this.free = depth;
    this.mergeBytes = mergeBytes;
  }

  enter(waiter: W): void {
    if (this.free > 0) {
      this.free--;
      waiter.go([waiter]);
      return;
    }
    this.waiting.add(waiter);
    const { io } = waiter;
    if (this.mergeBytes > 0 && io.length > 0) this.starts.set(key(io, io.position), waiter);
  }

  /** Whether it was waiting; it does so no more. */
  leave(waiter: W): boolean {
    const { io } = waiter;
    if (this.starts.get(key(io, io.position)) === waiter) this.starts.delete(key(io, io.position));
    return this.waiting.delete(waiter);
  }

  /** Somebody is done: the next one goes. */
  release(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.free++;
      return;
    }
    this.leave(next);
    next.go(this.runFrom(next));
  }

  private runFrom(first: W): W[] {
    const run = [first];
    let { length: bytes } = first.io;
    for (;;) {
      const next = this.starts.get(key(first.io, first.io.position + bytes));
      if (next === undefined || bytes + next.io.length > this.mergeBytes) return run;
      this.leave(next);
      run.push(next);
      bytes += next.io.length;
    }
  }
}

function key({ operation = '', fua = false }: Placed, position: number): string {
  return `${operation} ${String(fua)} ${String(position)}`;
}
