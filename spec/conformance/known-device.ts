import { cutExtents, type ExtentState } from '../../lib/io/extents.js';
import { MemoryDevice, type MemoryOptions } from '../../lib/devices/memory.js';

/** One letter a block: `d` for data, `z` for zeroes in room that is taken, `h` for a hole, `?` for a hole that may hold anything. */
export function statesOf(letters: string, blockSize = 512): ExtentState[] {
  return Array.from(letters, (letter) => ({
    length: blockSize,
    allocated: 'dz'.includes(letter),
    zero: 'zh'.includes(letter),
  }));
}

/** The letters of runs of whole blocks. */
export function lettersOf(extents: readonly ExtentState[], blockSize = 512): string {
  const letter = ({ allocated, zero }: ExtentState): string => (allocated ? (zero ? 'z' : 'd') : zero ? 'h' : '?');
  return extents.map((state) => letter(state).repeat(state.length / blockSize)).join('');
}

/** A device that tells of its bytes what it was told to. */
export class KnownDevice extends MemoryDevice {
  /** Where it was asked. */
  readonly asked: [position: number, length: number][] = [];
  private readonly states: ExtentState[];

  constructor(letters: string, options: Partial<MemoryOptions> = {}) {
    super({ size: 512 * letters.length, ...options });
    this.states = statesOf(letters);
  }

  protected override knownExtents(position: number, length: number): ExtentState[] {
    this.asked.push([position, length]);
    return cutExtents(this.states, position, length);
  }
}
