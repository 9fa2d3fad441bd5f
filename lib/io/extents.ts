/** What is known of a run of bytes: how far it goes, whether room is taken for it, and whether it reads as zeroes. */
export interface ExtentState {
  readonly length: number;
  readonly allocated: boolean;
  readonly zero: boolean;
}

/** Runs that one answer has at most: it ends there, and more is asked for from there on. */
export const MAX_EXTENTS = 4096;

/** Of what nothing is known this is true. */
export function unknownExtent(length: number): ExtentState {
  return { length, allocated: true, zero: false };
}

/** Runs being put together: neighbours that are alike are one, and there are at most {@link MAX_EXTENTS}. */
export class ExtentList {
  readonly extents: ExtentState[] = [];
  private bytes = 0;
  private last: { length: number; allocated: boolean; zero: boolean } | null = null;

  /** Bytes from the first run to the end of the last. */
  get length(): number {
    return this.bytes;
  }

  /** Adds a run behind the others, unless it is of no bytes. Answers whether there was room for it. */
  add(length: number, { allocated, zero }: Omit<ExtentState, 'length'>): boolean {
    const { last } = this;
    if (last !== null && last.allocated === allocated && last.zero === zero) last.length += length;
    else if (length > 0) {
      if (this.extents.length === MAX_EXTENTS) return false;
      this.last = { length, allocated, zero };
      this.extents.push(this.last);
    }
    this.bytes += length;
    return true;
  }
}

/** A place in runs, to go through them in steps. */
export class ExtentCursor {
  private readonly extents: readonly ExtentState[];
  private index = 0;
  private used = 0;

  constructor(extents: readonly ExtentState[]) {
    this.extents = extents;
  }

  /** The run that it stands in, null behind the last. */
  get state(): ExtentState | null {
    return this.extents[this.index] ?? null;
  }

  /** Bytes to the end of that run, 0 behind the last. */
  get left(): number {
    return (this.extents[this.index]?.length ?? 0) - this.used;
  }

  /** Goes on by so many bytes, at most to the end of the run. */
  advance(bytes: number): void {
    this.used += bytes;
    if (this.left > 0) return;
    this.index++;
    this.used = 0;
  }
}

/** The first `length` bytes behind the first `skip`; fewer when the runs end before. */
export function cutExtents(extents: readonly ExtentState[], skip: number, length: number): ExtentState[] {
  const cut = new ExtentList();
  const cursor = new ExtentCursor(extents);
  let toSkip = skip;
  for (let { state } = cursor; state !== null && cut.length < length; { state } = cursor) {
    const step = Math.min(cursor.left, toSkip > 0 ? toSkip : length - cut.length);
    if (toSkip > 0) toSkip -= step;
    else if (!cut.add(step, state)) break;
    cursor.advance(step);
  }
  return cut.extents;
}

/**
 * What holds of bytes that are in several places: zero where they are in all, allocated where they are in any. As far as
 * something is known of each.
 */
export function jointExtents(places: readonly (readonly ExtentState[])[]): ExtentState[] {
  const joint = new ExtentList();
  const cursors = places.map((extents) => new ExtentCursor(extents));
  for (;;) {
    const states = cursors.flatMap(({ state }) => (state === null ? [] : [state]));
    const step = Math.min(...cursors.map(({ left }) => left));
    if (states.length < cursors.length || states.length === 0) return joint.extents;
    const allocated = states.some((state) => state.allocated);
    if (!joint.add(step, { allocated, zero: states.every(({ zero }) => zero) })) return joint.extents;
    for (const cursor of cursors) cursor.advance(step);
  }
}

/** The same with runs of whole blocks, counted from the first byte: a block of several states is what holds of all of it. */
export function blockExtents(extents: readonly ExtentState[], blockSize: number): ExtentState[] {
  const whole = new ExtentList();
  const cursor = new ExtentCursor(extents);
  for (let { state } = cursor; state !== null; { state } = cursor) {
    const blocks = cursor.left - (cursor.left % blockSize);
    let block: Omit<ExtentState, 'length'> = state;
    if (blocks > 0) cursor.advance(blocks);
    else block = mixedBlock(cursor, blockSize);
    if (!whole.add(blocks > 0 ? blocks : blockSize, block)) break;
  }
  return whole.extents;
}

/** Goes on by one block, across several runs. What is not known of its end is not known of it. */
function mixedBlock(cursor: ExtentCursor, blockSize: number): Omit<ExtentState, 'length'> {
  let [allocated, zero, left] = [false, true, blockSize];
  while (left > 0) {
    const { state } = cursor;
    if (state === null) return unknownExtent(left);
    const step = Math.min(left, cursor.left);
    allocated ||= state.allocated;
    zero &&= state.zero;
    left -= step;
    cursor.advance(step);
  }
  return { allocated, zero };
}
