import type { BlockDevice } from '../io/device.js';
import type { PagePool } from '../io/pages.js';
import type { Copy, MemberState, Superblock } from './superblock.js';
import { SuperblockCopies } from './superblock-copies.js';

/** What is equal in the superblocks of all members, but for how often they were written. */
type ParityIdentity = Pick<Superblock, 'uuid' | 'memberCount' | 'dataStart' | 'dataSize' | 'chunk' | 'regionSize'>;

/** Linux md's number for left-symmetric. */
export const LEFT_SYMMETRIC = 2;

/** Writes an array's superblocks, one store at a time. */
export class ParityStore {
  readonly identity: ParityIdentity;
  private readonly pool: PagePool;
  /** The superblock of each member that is there. */
  private readonly copies: (SuperblockCopies | undefined)[] = [];
  /** Advanced with each store of a change of a state. */
  generation: number;
  private sequence: number;

  /** @param last of the stores before: `generation`, `sequence` */
  constructor(identity: ParityIdentity, pool: PagePool, last: { generation: number; sequence: number }) {
    this.identity = identity;
    this.pool = pool;
    this.generation = last.generation;
    this.sequence = last.sequence;
  }

  /**
   * Puts a device in a member's place; a store under way still goes to the one before.
   * @param copy where its superblock of this array was found; null when it has none
   * @throws IoError `ENOMEM`; nothing changed
   */
  place(index: number, device: BlockDevice, copy: Copy | null): void {
    const copies = new SuperblockCopies(device, this.pool, copy);
    this.copies[index]?.free();
    this.copies[index] = copies;
  }

  /**
   * Stores the states and the dirty regions on every member that has not failed, on stable storage. Answers the members
   * that it failed on.
   * @param advance whether a state is another than in the store before
   */
  async store(
    states: readonly MemberState[],
    rebuilt: readonly number[],
    dirty: Uint8Array,
    advance: boolean,
  ): Promise<number[]> {
    if (advance) this.generation++;
    this.sequence++;
    const { identity, generation, sequence } = this;
    const failed: number[] = [];
    await Promise.all(
      this.copies.map(async (copies, index) => {
        if (copies === undefined || states[index] === 'failed') return;
        const superblock = { ...identity, role: 'parity', layout: LEFT_SYMMETRIC, index } as const;
        const error = await new Promise((resolve) => {
          copies.write({ ...superblock, generation, sequence, states, rebuilt, dirty }, resolve);
        });
        if (error !== null) failed.push(index);
      }),
    );
    return failed;
  }

  /** Gives the memory back; nothing is stored afterwards. */
  close(): void {
    for (const copies of this.copies) copies?.free();
    this.copies.length = 0;
  }
}
