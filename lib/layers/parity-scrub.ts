import { StateError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import type { ByteRange } from '../io/io-error.js';
import { PAGE_SIZE, type PageVector } from '../io/pages.js';
import { covers } from './checksum-table.js';
import { writeMember } from './member-io.js';
import type { ParityArray } from './parity-array.js';
import { readParts } from './read-parts.js';
import type { ScrubOptions, ScrubReport } from './scrub.js';
import { Findings, type ProblemKind } from './scrub-findings.js';
import { copyInto, xorInto } from './xor.js';

/** Blocks of a stripe, by their place in the chunk, that one member is to be given anew. */
interface Wrong {
  readonly kind: ProblemKind;
  readonly member: number;
  readonly offset: number;
  length: number;
  /** Whether what is right is known: all others could be read. */
  readonly known: boolean;
}

/**
 * Reads every stripe on all members, each locked against writes meanwhile (I8), and sums it up. What a member cannot read,
 * as also a `Checksum` below answers, is told and computed from the others. Where all can be read and the sum is not zero
 * nothing tells which is wrong: the data is taken as it is and the parity made anew, as Linux md does. Stripes that lack a
 * member are only read.
 */
export async function scrubParity(
  parity: BlockDevice,
  array: ParityArray,
  options: ScrubOptions,
): Promise<ScrubReport> {
  const findings = new Findings(parity.name);
  const { stripes, stripeSize } = array.map;
  let ended: () => void = () => undefined;
  array.work.run((end) => (ended = end));
  try {
    const scrubbing = new StripeScrub(array, parity.blockSize, options.repair === true, findings);
    try {
      for (let stripe = 0; stripe < stripes; stripe++) {
        options.signal?.throwIfAborted();
        if (parity.closed) throw new StateError('ERR_CLOSED', `${parity.name} was closed while it was scrubbed`);
        await scrubbing.run(stripe);
        findings.checked = (stripe + 1) * stripeSize;
        options.onProgress?.(findings.checked, parity.size);
      }
    } finally {
      scrubbing.close();
    }
    // Both copies of the superblocks: what is wrong with them nobody else would write over.
    if (options.repair === true) {
      await array.save();
      await array.save();
    }
  } finally {
    ended();
  }
  return findings;
}

class StripeScrub {
  private readonly array: ParityArray;
  private readonly blockSize: number;
  private readonly repair: boolean;
  private readonly findings: Findings;
  /** A chunk of each member, and behind them their sum: what a member lacks, or what is wrong with the parity. */
  private readonly slots: PageVector;
  private readonly slotSize: number;

  /** @throws IoError `ENOMEM` */
  constructor(array: ParityArray, blockSize: number, repair: boolean, findings: Findings) {
    this.array = array;
    this.blockSize = blockSize;
    this.repair = repair;
    this.findings = findings;
    this.slotSize = Math.ceil(array.map.chunk / PAGE_SIZE) * PAGE_SIZE;
    this.slots = array.pool.allocate(this.slotSize * (array.map.members + 1));
  }

  close(): void {
    this.slots.free();
  }

  async run(stripe: number): Promise<void> {
    const { array, findings } = this;
    await new Promise<void>((resolve) => {
      array.lock.acquireOwn(stripe, resolve);
    });
    try {
      const holding = this.members.filter((member) => array.holds(member, stripe));
      const read = await Promise.all(holding.map((member) => this.read(stripe, member)));
      const whole = holding.length === array.map.members;
      for (const wrong of this.wrong(stripe, holding, read, whole)) {
        const { kind, member, length } = wrong;
        const position = array.map.positionOf(stripe) + wrong.offset;
        const repaired = this.repair && wrong.known && (await this.write(stripe, wrong));
        findings.add({ kind, member, position, length, repaired });
      }
      await new Promise<void>((resolve) => array.whenStored(resolve));
    } finally {
      array.lock.release(stripe);
    }
  }

  private get members(): number[] {
    return this.array.states.map((_, member) => member);
  }

  private get sumAt(): number {
    return this.array.map.members * this.slotSize;
  }

  private read(stripe: number, member: number): Promise<readonly ByteRange[]> {
    const { array, slots, slotSize, blockSize } = this;
    const range = slots.range(member * slotSize, array.map.chunk);
    return readParts(array.device(member), range, array.map.positionOf(stripe), blockSize);
  }

  /** @param whole whether no member is missing, so that there is a sum to look at */
  private wrong(
    stripe: number,
    holding: readonly number[],
    read: readonly (readonly ByteRange[])[],
    whole: boolean,
  ): Wrong[] {
    const { array, blockSize } = this;
    const parity = array.map.parityOf(stripe);
    const found: Wrong[] = [];
    const lasts = new Map<number, Wrong>();
    const add = (wrong: Wrong): void => {
      const last = lasts.get(wrong.member);
      const goesOn = last?.kind === wrong.kind && last.known === wrong.known;
      if (goesOn && last.offset + last.length === wrong.offset) last.length += wrong.length;
      else {
        lasts.set(wrong.member, wrong);
        found.push(wrong);
      }
    };
    for (let offset = 0; offset < array.map.chunk; offset += blockSize) {
      const block = { offset, length: blockSize };
      const lacking = holding.filter((_, i) => !covers(read[i] ?? [], block));
      const doubted = array.doubts.about(stripe, offset, blockSize).length > 0;
      const known = whole && lacking.length === 1 && (!doubted || lacking[0] === parity);
      for (const member of lacking) add({ kind: 'unreadable', member, known, ...block });
      if (!whole || lacking.length > 1) continue;
      const isZero = this.sum(block, lacking[0]);
      if (lacking.length > 0) continue;
      if (isZero) array.doubts.settle(stripe, offset, blockSize);
      else add({ kind: 'mismatched', member: parity, known: true, ...block });
    }
    return found;
  }

  /** Sums a block up over all members but one. Answers whether it is zero. */
  private sum({ offset, length }: ByteRange, except: number | undefined): boolean {
    const { slots, slotSize, sumAt } = this;
    const [first = 0, ...others] = this.members.filter((member) => member !== except);
    copyInto(slots, sumAt + offset, slots, first * slotSize + offset, length);
    for (const member of others) xorInto(slots, sumAt + offset, slots, member * slotSize + offset, length);
    return slots.views(sumAt + offset, length).every((view) => view.every((byte) => byte === 0));
  }

  /** Gives a member what it ought to hold; one that does not take it is given up. */
  private write(stripe: number, { kind, member, offset, length }: Wrong): Promise<boolean> {
    const { array, slots, slotSize, sumAt } = this;
    if (array.broken || !array.holds(member, stripe)) return Promise.resolve(false);
    // What the sum lacks to be zero is the difference; of a member that could not be read it is all there is.
    if (kind === 'mismatched') xorInto(slots, sumAt + offset, slots, member * slotSize + offset, length);
    const device = array.device(member);
    const position = array.map.positionOf(stripe) + offset;
    return new Promise((resolve) => {
      writeMember(device, slots.range(sumAt + offset, length), { position, fua: true }, (error) => {
        if (error !== null) array.givesUp(member, device);
        else if (member === array.map.parityOf(stripe)) array.doubts.settle(stripe, offset, length);
        resolve(error === null);
      });
    });
  }
}
