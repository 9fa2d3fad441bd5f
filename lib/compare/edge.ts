import {
  BlockDevice,
  counters,
  type ByteRange,
  complementOf,
  type IoClass,
  type IoError,
  type IoRequest,
  type Io,
  type Operation,
  type PageVector,
  type RootIo,
  type Split,
  type Strategy,
  tailAfter,
} from '../io/index.js';
import { StateError } from '../wait/errors.js';
import type { Size } from './blueprint.js';

/** What a design without headers of wakechain's kind does with a request. */
export interface EdgeDesign {
  /** Begins a request; calls `call.finish` once, now or later, when nothing below can touch its memory any more. */
  begin(call: EdgeCall): void;
  /** Asked at most once, and only before it has finished. Default: nothing is done, and the request runs out. */
  cancel?(call: EdgeCall): void;
}

/**
 * A device whose requests a design of another kind carries out. The edge is that of all rivals: the caller's completion,
 * the gate, and submission flattened across requests.
 */
export function edgeDevice(name: string, { size, blockSize }: Size, design: EdgeDesign): BlockDevice {
  return new EdgeDevice(name, { size, blockSize }, design);
}

class EdgeDevice extends BlockDevice {
  readonly lowers: readonly BlockDevice[] = [];
  private readonly design: EdgeDesign;

  constructor(name: string, { size, blockSize }: Size, design: EdgeDesign) {
    const strategy: Strategy = {
      name,
      // No layer of the engine stands on it: what it can do is said by its rival.
      capabilities: {
        pull: 'through the chain',
        looksAt: 'what belongs to the request',
        onTheWayDown: 'is stopped',
        container: 'one for all layers',
        knows: 'which parts succeeded',
        retries: 'none',
        holds: 'nowhere',
        merged: 'not possible',
      },
      root: (request) => new EdgeCall(request, design),
    };
    super(name, strategy, { size, blockSize, preferredSize: blockSize });
    this.design = design;
  }

  submit(io: Io): void {
    this.design.begin(io as EdgeCall);
  }
}

/** A request as a design of another kind is given it: what is asked for, where it is to be put, and how it is ended. */
export class EdgeCall implements RootIo {
  readonly operation: Operation;
  readonly position: number;
  readonly pages: PageVector | null;
  /** Bytes from the start of `pages`. */
  readonly offset: number;
  readonly length: number;
  readonly fua: boolean;
  readonly ioClass: IoClass | null;
  bytes = 0;
  failure: IoError | null = null;
  failedRanges: ByteRange[] | null = null;
  cancelled = false;
  /** The design's own, such as what a cancel needs. */
  private: unknown = null;
  private readonly request: IoRequest;
  private readonly design: EdgeDesign;

  constructor(request: IoRequest, design: EdgeDesign) {
    counters.headers++;
    const { operation, position, range, length, fua, ioClass } = request;
    this.operation = operation;
    this.position = position;
    this.pages = range?.pages ?? null;
    this.offset = range?.offset ?? 0;
    this.length = length;
    this.fua = fua;
    this.ioClass = ioClass;
    this.request = request;
    this.design = design;
  }

  /**
   * Ends the request: with the bytes transferred, the first error or null, and, of a design that knows them, the parts
   * that failed, in bytes from the request's start.
   */
  finish(bytes: number, failure: IoError | null, failedRanges: ByteRange[] | null = null): void {
    this.bytes = bytes;
    this.failure = failure;
    this.failedRanges = failedRanges;
    this.request.finished(this);
  }

  cancelAll(): void {
    this.cancelled = true;
    this.design.cancel?.(this);
  }

  succeededRanges(): ByteRange[] {
    return complementOf(this.failedRanges ?? tailAfter(this.bytes, this.length), this.length);
  }

  // No layer of wakechain is given one, so that the verbs are never called.

  pass(): void {
    noVerbs();
  }

  substitute(): void {
    noVerbs();
  }

  split(): Split {
    return noVerbs();
  }

  suspend(): () => void {
    return noVerbs();
  }

  retry(): boolean {
    return noVerbs();
  }

  parked(): void {
    noVerbs();
  }

  unparked(): void {
    noVerbs();
  }
}

function noVerbs(): never {
  throw new StateError('ERR_EDGE_CALL', 'A request at the edge has no verbs; only finish ends it');
}
