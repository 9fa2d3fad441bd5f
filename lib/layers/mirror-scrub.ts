import { StateError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import type { ByteRange } from '../io/io-error.js';
import type { PageVector } from '../io/pages.js';
import { bytesOf, covers } from './checksum-table.js';
import { writeMember } from './member-io.js';
import type { PresentMember } from './member-records.js';
import type { MirrorArray } from './mirror-array.js';
import { readParts } from './read-parts.js';
import { SCRUB_CHUNK, type ScrubOptions, type ScrubReport } from './scrub.js';
import { Findings, type ProblemKind } from './scrub-findings.js';

/** What one member holds of a chunk. */
interface Copy {
  readonly member: PresentMember;
  readonly pages: PageVector;
  /** What it could read. */
  readonly good: readonly ByteRange[];
}

/** Blocks of a copy that are wrong, and the copy that is right; null when there is none. */
interface Wrong {
  readonly copy: Copy;
  readonly right: Copy | null;
  readonly kind: ProblemKind;
  readonly offset: number;
  length: number;
}

/**
 * Reads every member in sync, chunk by chunk, each locked against writes meanwhile (I8), and compares them. What a member
 * cannot read, as also a `Checksum` below answers, is told and taken from the others. Where they differ the majority is
 * right and, of as many, the one with the lowest index, as Linux md decides: nothing tells which was written last.
 */
export async function scrubMirror(
  mirror: BlockDevice,
  array: MirrorArray,
  options: ScrubOptions,
): Promise<ScrubReport> {
  const findings = new Findings(mirror.name);
  const { size } = array.shape;
  const chunk = Math.max(SCRUB_CHUNK, array.shape.blockSize);
  let ended: () => void = () => undefined;
  array.work.run((end) => (ended = end));
  try {
    for (let at = 0; at < size;) {
      options.signal?.throwIfAborted();
      if (mirror.closed) throw new StateError('ERR_CLOSED', `${mirror.name} was closed while it was scrubbed`);
      const range = { offset: at, length: Math.min(chunk, size - at) };
      await scrubChunk(array, range, options.repair === true, findings);
      at += range.length;
      findings.checked = at;
      options.onProgress?.(at, size);
    }
    if (options.repair === true) await restore(array);
  } finally {
    ended();
  }
  return findings;
}

async function scrubChunk(array: MirrorArray, range: ByteRange, repair: boolean, findings: Findings): Promise<void> {
  const hold = await array.locked(range.offset, range.offset + range.length);
  const copies: Copy[] = [];
  try {
    for (const member of array.records.inSync) {
      copies.push({ member, pages: array.pool.allocate(range.length), good: [] });
    }
    const read = await Promise.all(copies.map((copy) => readCopy(array, copy, range)));
    for (const wrong of compare(read, range.length, array.shape.blockSize)) {
      const { kind, copy, right, offset, length } = wrong;
      const repaired = repair && right !== null && (await write(array, range.offset, wrong));
      const position = array.shape.dataStart + range.offset + offset;
      findings.add({ kind, member: copy.member.index, position, length, repaired });
    }
  } finally {
    for (const { pages } of copies) pages.free();
    array.lock.release(hold);
  }
}

async function readCopy({ shape }: MirrorArray, { member, pages }: Copy, range: ByteRange): Promise<Copy> {
  const at = shape.dataStart + range.offset;
  return { member, pages, good: await readParts(member.device, pages.range(0, range.length), at, shape.blockSize) };
}

/** What is wrong, in order. */
function compare(copies: readonly Copy[], length: number, blockSize: number): Wrong[] {
  const whole = { offset: 0, length };
  const [first] = copies;
  if (first === undefined) return [];
  if (copies.every((copy) => covers(copy.good, whole) && (copy === first || same(copy, first, whole)))) return [];
  const found: Wrong[] = [];
  const lasts = new Map<Copy, Wrong>();
  for (let offset = 0; offset < length; offset += blockSize) {
    const block = { offset, length: blockSize };
    const readable = copies.filter(({ good }) => covers(good, block));
    const right = majority(readable, block);
    for (const copy of copies) {
      const kind: ProblemKind = readable.includes(copy) ? 'mismatched' : 'unreadable';
      if (copy === right || (kind === 'mismatched' && right !== null && same(copy, right, block))) continue;
      const last = lasts.get(copy);
      if (last?.kind === kind && last.right === right && last.offset + last.length === offset) {
        last.length += blockSize;
        continue;
      }
      const wrong = { copy, right, kind, ...block };
      lasts.set(copy, wrong);
      found.push(wrong);
    }
  }
  return found;
}

/** The copy that as many as any other agree with; null of none. */
function majority(copies: readonly Copy[], block: ByteRange): Copy | null {
  const votes = copies.map((copy) => copies.filter((other) => other === copy || same(copy, other, block)).length);
  return copies[votes.indexOf(Math.max(...votes))] ?? null;
}

function same(a: Copy, b: Copy, { offset, length }: ByteRange): boolean {
  return Buffer.compare(bytesOf(a.pages, offset, length), bytesOf(b.pages, offset, length)) === 0;
}

/** Writes what is right to a member; one that does not take it is dropped. */
function write(array: MirrorArray, chunkStart: number, { copy, right, offset, length }: Wrong): Promise<boolean> {
  const { member } = copy;
  return new Promise((resolve) => {
    if (member.state !== 'in-sync' || right === null) {
      resolve(false);
      return;
    }
    const position = array.shape.dataStart + chunkStart + offset;
    writeMember(member.device, right.pages.range(offset, length), { position, fua: true }, (error) => {
      if (error === null) {
        resolve(true);
        return;
      }
      array.records.drop(member);
      array.records.settled(() => resolve(false));
    });
  });
}

/** Stores both copies of the superblocks anew: what is wrong with them nobody else would write over. */
async function restore({ records }: MirrorArray): Promise<void> {
  const store = (): Promise<unknown> => new Promise((resolve) => records.store(resolve));
  await store();
  await store();
}
