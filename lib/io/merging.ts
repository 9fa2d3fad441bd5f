import type { ByteRange, IoError } from './io-error.js';
import type { Io } from './io.js';
import type { IoClass } from './io-class.js';
import { joinPages } from './join-pages.js';
import type { PageRange, PageVector } from './pages.js';
import { complementOf, sumOf, tailAfter } from './ranges.js';
import type { Slot } from './waiting-list.js';

/** What waits of one kind, by where it begins and by where it ends. Of several at one place, one is known. */
interface Edges {
  readonly starts: Map<number, Slot>;
  readonly ends: Map<number, Slot>;
}

/** Only requests of one kind are merged. */
interface Kinds {
  readonly read: Edges;
  readonly write: Edges;
  readonly fua: Edges;
}

/**
 * Finds the neighbours of a waiting header: of the same operation, class and `fua`, one beginning where the other ends.
 * Who belongs together is decided when a header is served, as late as can be, so that a header that waits is a header
 * that waits: withdrawing one costs O(1) and leaves its neighbours as they are.
 */
export class Neighbours {
  private readonly maxBytes: number;
  private readonly plain = newKinds();
  private readonly classes = new Map<IoClass, Kinds>();

  /** @param maxBytes how much is merged into one operation, at most */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** A header has begun to wait. */
  add(slot: Slot): void {
    const edges = this.edgesOf(slot.io);
    if (edges === null) return;
    const { position, length } = slot.io;
    if (!edges.starts.has(position)) edges.starts.set(position, slot);
    if (!edges.ends.has(position + length)) edges.ends.set(position + length, slot);
  }

  /** A header has left. */
  remove(slot: Slot): void {
    const edges = this.edgesOf(slot.io);
    if (edges === null) return;
    const { position, length } = slot.io;
    if (edges.starts.get(position) === slot) edges.starts.delete(position);
    if (edges.ends.get(position + length) === slot) edges.ends.delete(position + length);
  }

  /** Nothing waits any more, so that no class has to be known. */
  clear(): void {
    this.classes.clear();
  }

  /** The header and all neighbours that fit into one operation with it, by position. Costs O(neighbours). */
  of(slot: Slot): Slot[] {
    const edges = this.edgesOf(slot.io);
    if (edges === null) return [slot];
    let { position: start, length: bytes } = slot.io;
    let end = start + bytes;
    const behind: Slot[] = [slot];
    for (let next = edges.starts.get(end); next !== undefined; next = edges.starts.get(end)) {
      if (bytes + next.io.length > this.maxBytes) break;
      behind.push(next);
      bytes += next.io.length;
      end += next.io.length;
    }
    const before: Slot[] = [];
    for (let next = edges.ends.get(start); next !== undefined; next = edges.ends.get(start)) {
      if (bytes + next.io.length > this.maxBytes) break;
      before.push(next);
      bytes += next.io.length;
      start -= next.io.length;
    }
    return before.length === 0 ? behind : [...before.reverse(), ...behind];
  }

  private edgesOf({ operation, fua, ioClass, length, bytes }: Io): Edges | null {
    // One that has come in part waits for the rest alone.
    if (length === 0 || bytes > 0 || (operation !== 'read' && operation !== 'write')) return null;
    let kinds = ioClass === null ? this.plain : this.classes.get(ioClass);
    if (kinds === undefined) this.classes.set(ioClass as IoClass, (kinds = newKinds()));
    return operation === 'read' ? kinds.read : fua ? kinds.fua : kinds.write;
  }
}

function newKinds(): Kinds {
  const edges = (): Edges => ({ starts: new Map(), ends: new Map() });
  return { read: edges(), write: edges(), fua: edges() };
}

/** Neighbours that one operation serves: one of them, the leader, is split into the one part; the others ride along. */
export class Merged {
  /** By position, the leader among them. */
  readonly members: readonly Io[];
  readonly position: number;
  readonly length: number;
  private bytes = 0;
  private failure: IoError | null = null;
  private failedRanges: readonly ByteRange[] | null = null;

  constructor(members: readonly Io[]) {
    const first = members[0] as Io;
    this.members = members;
    this.position = first.position;
    this.length = members.reduce((sum, { length }) => sum + length, 0);
  }

  /** The memory of all, without a copy. */
  joined(): PageVector {
    return joinPages(this.members.map(({ pages, offset, length }) => ({ pages, offset, length }) as PageRange));
  }

  /** The operation has ended. */
  ended(part: Io): void {
    this.bytes = part.bytes;
    this.failure = part.failure;
    this.failedRanges = part.failedRanges;
  }

  /**
   * Gives each member its own outcome, range by range (N13), the leader's for its `done` to pass on. Others that a
   * cancel of the leader has kept from being served go to `again`: it was none of theirs (I5). What has come for them
   * stays with them, for it is told should they be cancelled while they wait (I4).
   */
  distribute(leader: Io, again: (io: Io) => void): void {
    const failed = this.failedRanges ?? tailAfter(this.bytes, this.length);
    // An error that tells of no part, or of a promise of stability, is everybody's.
    const common = leader.fua || failed.every(({ length }) => length === 0);
    for (const io of this.members) {
      const missing = within(failed, io.position - this.position, io.length);
      const whole = missing.length === 0;
      const bytes = io.length - sumOf(missing);
      if (io !== leader && this.failure !== null && (common || !whole) && leader.cancelled && !io.cancelled) {
        io.bytes = bytes;
        io.failedRanges = whole || bytes === 0 ? null : missing;
        again(io);
        continue;
      }
      const failure = whole && !common ? null : this.failure;
      io.failedRanges = whole ? null : missing;
      if (io !== leader) io.finish(bytes, failure);
      else {
        io.bytes = bytes;
        io.failure = failure;
      }
    }
  }
}

/** The parts of `ranges` that lie in a member's range, counted from its start, apart from each other and in order. */
function within(ranges: readonly ByteRange[], offset: number, length: number): ByteRange[] {
  const inside: ByteRange[] = [];
  for (const range of ranges) {
    const from = Math.max(range.offset, offset);
    const to = Math.min(range.offset + range.length, offset + length);
    if (from < to) inside.push({ offset: from - offset, length: to - from });
  }
  return complementOf(complementOf(inside, length), length);
}
