import type { BlockDevice } from '../io/device.js';
import type { IoError } from '../io/io-error.js';
import type { PagePool, PageVector } from '../io/pages.js';
import { writeMember } from './member-io.js';
import { copyPosition, copySize, encodeSuperblock, type Copy, type Superblock } from './superblock.js';

/**
 * Both copies of one member's superblock, as whoever writes them knows them. A superblock goes over the copy that is not
 * the last one known to be good, whatever other members have taken: a write that fails, or that a loss of power tears,
 * leaves the one before it (I8). Which of them holds is told by their sequence numbers, not by their places.
 *
 * Memory for one is taken at once, lest a full pool costs a member.
 */
export class SuperblockCopies {
  private readonly device: BlockDevice;
  private readonly pages: PageVector;
  /** The last one that was read, or written without an error; null while neither is this array's. */
  private good: Copy | null;

  /**
   * @param good the copy that was found when the member was opened; null for a new member, whose copies both are
   *   something else's: the first superblock goes over both, so that none of that is left
   * @throws IoError `ENOMEM`
   */
  constructor(device: BlockDevice, pool: PagePool, good: Copy | null) {
    this.device = device;
    this.good = good;
    this.pages = pool.allocate(copySize(device.blockSize));
    this.pages.set(new Uint8Array(this.pages.length));
  }

  /** Writes a superblock; `then` is told when it is stable, or why it is not. One at a time. */
  write(superblock: Superblock, then: (error: IoError | null) => void): void {
    this.pages.set(encodeSuperblock(superblock));
    if (this.good !== null) this.put(this.good === 0 ? 1 : 0, then);
    else {
      this.put(0, (error) => {
        if (error === null) this.put(1, then);
        else then(error);
      });
    }
  }

  /** Gives the memory back, which a write under way still uses. */
  free(): void {
    this.pages.free();
  }

  private put(copy: Copy, then: (error: IoError | null) => void): void {
    const { blockSize } = this.device;
    const range = this.pages.range(0, copySize(blockSize));
    writeMember(this.device, range, { position: copyPosition(blockSize, copy), fua: true }, (error) => {
      if (error === null) this.good = copy;
      then(error);
    });
  }
}
