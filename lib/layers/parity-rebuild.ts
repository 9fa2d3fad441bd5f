import { ArgumentError, StateError } from '../wait/errors.js';
import type { BlockDevice } from '../io/device.js';
import { IoError } from '../io/io-error.js';
import { checkSpareIsFree } from './members.js';
import type { ParityArray } from './parity-array.js';
import { checkDevice } from './parity-assembly.js';
import { checkpointSizeOf, type RebuildOptions } from './rebuild-options.js';
import { Recomputing } from './recomputing.js';

/**
 * Rebuilds a member onto a device, stripe by stripe, while requests go on. Every so often the device is flushed, and then
 * how far it has come is stored on the members: the checkpoint, from which it goes on after an interruption.
 */
export class ParityRebuild {
  private readonly parity: BlockDevice;
  private readonly array: ParityArray;
  private readonly member: number;
  private readonly options: RebuildOptions;
  /** Told when another device is in the member's place. */
  private readonly placed: () => void;

  constructor(parity: BlockDevice, array: ParityArray, member: number, options: RebuildOptions, placed: () => void) {
    this.parity = parity;
    this.array = array;
    this.member = member;
    this.options = options;
    this.placed = placed;
  }

  /** Throws as `Parity.rebuild`. */
  async run(spare: BlockDevice): Promise<void> {
    const { array, member } = this;
    this.checkOpen();
    const checkpointSize = checkpointSizeOf(this.options);
    this.checkSpare(spare);
    await checkSpareIsFree(spare, member, array, array.pool, this.options.overwrite);
    this.options.signal?.throwIfAborted();
    this.checkState();
    array.rebuilding = true;
    try {
      if (array.states[member] !== 'rebuilding' || array.device(member) !== spare) await this.place(spare);
      await this.recomputeAll(checkpointSize);
      this.checkGoesOn();
      array.setState(member, 'in-sync');
    } catch (error) {
      // What the member itself has failed has given it up; anything else is an interruption.
      if (array.states[member] === 'rebuilding') await array.checkpoint(member).catch(() => undefined);
      throw error;
    } finally {
      await array.save();
      array.rebuilding = false;
      this.placed();
    }
    if (array.states[member] !== 'in-sync') throw new IoError('EIO', { message: `${spare.name} failed when rebuilt` });
  }

  /** Puts a device that holds nothing in a member's place. */
  private async place(spare: BlockDevice): Promise<void> {
    const { array, member } = this;
    if (array.states[member] === 'rebuilding') {
      // Two changes, not one: a member that has missed a single one may still be taken for what it was.
      array.givesUp(member);
      await array.save();
    }
    array.replace(member, spare);
    this.placed();
    await array.save();
  }

  private async recomputeAll(checkpointSize: number): Promise<void> {
    const { array, member, options } = this;
    const { stripes, chunk } = array.map;
    const recomputing = new Recomputing(array);
    try {
      for (let stripe = array.rebuiltSoFar; stripe < stripes; stripe++) {
        const check = (): void => this.checkGoesOn();
        await recomputing.recompute(stripe, member, check, () => array.rebuilt(stripe + 1));
        options.onProgress?.((stripe + 1) * chunk, stripes * chunk);
        const due = (stripe + 1) * chunk - array.safeBytes(member) >= checkpointSize;
        if (due || stripe + 1 === stripes) await array.checkpoint(member);
      }
    } finally {
      recomputing.close();
    }
  }

  /** Refuses a spare that does not fit, by what it says of itself. */
  checkSpare(spare: BlockDevice): void {
    const { array, parity, member } = this;
    const { map } = array;
    if (array.present.some((other) => other !== member && array.device(other) === spare)) {
      throw new ArgumentError('ERR_SPARE', `${spare.name} is a member already`);
    }
    checkDevice(spare, map.start + map.stripes * map.chunk, parity.blockSize, 'ERR_SPARE', parity.memoryAlignment);
  }

  private checkState(): void {
    const { array, member } = this;
    this.checkOpen();
    if (array.states[member] === 'in-sync' || array.rebuilding || array.broken) {
      const states = array.states.join(', ');
      throw new ArgumentError(
        'ERR_MEMBER_STATE',
        `Member ${String(member)} cannot be rebuilt, the members are ${states}`,
      );
    }
  }

  private checkOpen(): void {
    if (this.parity.closed) throw new StateError('ERR_CLOSED', `${this.parity.name} is closed`);
  }

  private checkGoesOn(): void {
    this.options.signal?.throwIfAborted();
    if (this.parity.closed) throw new StateError('ERR_CLOSED', `${this.parity.name} was closed while it was rebuilt`);
    if (this.array.states[this.member] !== 'rebuilding') {
      throw new IoError('EIO', { message: `Member ${String(this.member)} failed while it was rebuilt` });
    }
  }
}
