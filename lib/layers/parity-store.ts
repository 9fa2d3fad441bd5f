import type { BlockDevice } from '../io/device.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { writeMember } from './member-io.js';
import { copyPosition, copySize, encodeSuperblock, type MemberState, type Superblock } from './superblock.js';

/** What is equal in the superblocks of all members, but for how often they were written. */
type ParityIdentity = Pick<Superblock, 'uuid' | 'memberCount' | 'dataStart' | 'dataSize' | 'chunk' | 'regionSize'>;

/** Linux md's number for left-symmetric. */
export const LEFT_SYMMETRIC = 2;

/** Writes an array's superblocks, one store at a time. */
export class ParityStore {
  readonly identity: ParityIdentity;
  /** Where superblocks are put together, a copy for each member: set aside, so that the pool being used up fails none. */
  private readonly reserve: PageVector;
  private readonly copySize: number;
  private generation: number;
  private sequence: number;

  /**
   * @param last of the stores before: `generation`, `sequence`
   * @throws IoError `ENOMEM`
   */
  constructor(identity: ParityIdentity, pool: PagePool, last: { generation: number; sequence: number }) {
    this.identity = identity;
    this.copySize = identity.dataStart / 2;
    this.reserve = pool.allocate(this.copySize * identity.memberCount);
    this.generation = last.generation;
    this.sequence = last.sequence;
  }

  /**
   * Stores the states and the dirty regions on every member that has not failed, on stable storage. Answers the members
   * that it failed on.
   * @param advance whether a state is another than in the store before
   */
  async store(
    devices: readonly (BlockDevice | null)[],
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
      devices.map(async (device, index) => {
        if (device === null || states[index] === 'failed') return;
        const superblock = { ...identity, role: 'parity', layout: LEFT_SYMMETRIC, index } as const;
        const bytes = encodeSuperblock({ ...superblock, generation, sequence, states, rebuilt, dirty });
        if (!(await this.write(device, index, bytes, sequence))) failed.push(index);
      }),
    );
    return failed;
  }

  /** Gives the memory back; nothing is stored afterwards. */
  close(): void {
    this.reserve.free();
  }

  private async write(device: BlockDevice, index: number, bytes: Uint8Array, sequence: number): Promise<boolean> {
    const range = this.reserve.range(index * this.copySize, copySize(device.blockSize));
    for (const view of this.reserve.views(range.offset, range.length)) view.fill(0);
    this.reserve.set(bytes, range.offset);
    const options = { position: copyPosition(device.blockSize, sequence), fua: true };
    const error = await new Promise((resolve) => {
      writeMember(device, range, options, resolve);
    });
    return error === null;
  }
}
