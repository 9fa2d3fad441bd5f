import { setMaxListeners } from 'node:events';
import { counters, type Operation, type PageRange, type PageVector } from '../../io/index.js';
import { joinPages } from '../../io/join-pages.js';
import { copies } from '../copies.js';
import type { EdgeCall } from '../edge.js';

/** What cancels a request: a signal, made when somebody first asks for it, for most requests are never cancelled. */
export class Abort {
  private controller: AbortController | null = null;
  private readonly parent: Abort | null;
  private asked = false;

  /** @param parent what it follows: the request of a part that can also be cancelled alone */
  constructor(parent: Abort | null = null) {
    this.parent = parent;
  }

  get aborted(): boolean {
    return this.asked || this.parent?.aborted === true;
  }

  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      // Every queued part of the request listens.
      setMaxListeners(0, this.controller.signal);
      if (this.asked) this.controller.abort();
    }
    const own = this.controller.signal;
    return this.parent === null ? own : AbortSignal.any([own, this.parent.signal]);
  }

  abort(): void {
    this.asked = true;
    this.controller?.abort();
  }
}

/**
 * A request, or a part of one, as designs without headers send it down: what is asked for, in the memory where it is to
 * be, and what cancels it. It does not change; a layer that needs another makes another.
 */
export class IoContext {
  readonly operation: Operation;
  /** Bytes from the start of the device that it is sent to. */
  readonly position: number;
  readonly pages: PageVector | null;
  /** Bytes from the start of `pages`. */
  readonly offset: number;
  readonly length: number;
  readonly fua: boolean;
  readonly abort: Abort;

  private constructor(
    of: Pick<IoContext, 'operation' | 'fua'>,
    position: number,
    pages: PageVector | null,
    offset: number,
    length: number,
    abort: Abort,
  ) {
    this.operation = of.operation;
    this.position = position;
    this.pages = pages;
    this.offset = offset;
    this.length = length;
    this.fua = of.fua;
    this.abort = abort;
  }

  /** A whole request; the edge has counted it. */
  static of(call: EdgeCall): IoContext {
    const abort = new Abort();
    call.private = abort;
    return new IoContext(call, call.position, call.pages, call.offset, call.length, abort);
  }

  /** Neighbours as one, in the order of their positions: their memory joined without a copy. Nothing cancels it. */
  static joined(members: readonly IoContext[]): IoContext {
    counters.headers++;
    const [first] = members as readonly [IoContext];
    const length = members.reduce((sum, member) => sum + member.length, 0);
    const ranges = members.map(({ pages, offset, length: bytes }) => ({ pages, offset, length: bytes }) as PageRange);
    const pages = joinPages(ranges);
    return new IoContext(first, first.position, pages, 0, length, new Abort());
  }

  /** A part of it, `offset` bytes from its start, elsewhere. Counts as a header. */
  part(position: number, offset: number, length: number): IoContext {
    counters.headers++;
    return new IoContext(this, position, this.pages, this.offset + offset, length, this.abort);
  }

  /** The same elsewhere and in other memory. Counts as a header. */
  with(position: number, pages: PageVector, length: number = this.length, abort: Abort = this.abort): IoContext {
    counters.headers++;
    return new IoContext(this, position, pages, 0, length, abort);
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get aborted(): boolean {
    return this.abort.aborted;
  }
}

/** Copies what was read into other memory to where it is wanted. */
export function copyInto({ pages, offset, length }: IoContext, from: PageVector): void {
  let at = offset;
  for (const view of from.views(0, length)) {
    pages?.set(view, at);
    at += view.length;
  }
  copies.bytes += length;
}
