import type { ExtentState } from '../io/extents.js';
import type { Question } from './ask.js';
import type { StatusExtent } from './chunks.js';
import { malformed } from './nbd-error.js';
import { CMD_BLOCK_STATUS, STATE_HOLE, STATE_ZERO } from './wire.js';

/** Asks what is allocated, and what is zero. `then` is told once: null when the server does not say. */
export class StatusAsk implements Question {
  readonly type: number = CMD_BLOCK_STATUS;
  readonly flags: number = 0;
  readonly position: number;
  readonly length: number;
  readonly pages: null = null;
  readonly start: number = 0;
  serial = 0;
  private readonly context: number;
  private readonly then: (states: ExtentState[] | null) => void;
  private states: ExtentState[] | null = null;
  private failed = false;

  constructor(position: number, length: number, context: number, then: (states: ExtentState[] | null) => void) {
    this.position = position;
    this.length = length;
    this.context = context;
    this.then = then;
  }

  brings(): never {
    throw malformed('The server sends data that were not asked for');
  }

  tells(context: number, extents: readonly StatusExtent[]): void {
    if (context !== this.context || this.states !== null) {
      throw malformed('The server tells a status that was not asked for');
    }
    this.states = extents.map(({ length, state }) => ({
      length,
      allocated: !hasBit(state, STATE_HOLE),
      zero: hasBit(state, STATE_ZERO),
    }));
  }

  fails(): void {
    this.failed = true;
  }

  verify(): void {
    if (!this.failed && this.states === null) throw malformed('The server leaves out a status, and tells no error');
  }

  end(): void {
    this.then(this.failed ? null : this.states);
  }

  abandon(): void {
    this.then(null);
  }
}

/** Of 64 bits, of which those above are for others. */
function hasBit(state: number, bit: number): boolean {
  return Math.floor(state / bit) % 2 === 1;
}
