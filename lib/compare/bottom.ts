import { IoError, type BlockDevice, type Transfer } from '../io/index.js';

/**
 * What lies under every design: the experiment's own, and the same for all rivals, so that what differs above it is the
 * design. It counts what it is asked for.
 */
export abstract class Bottom {
  /** What reports and errors call it. */
  readonly name: string;
  /** Bytes, a multiple of `blockSize`. */
  readonly size: number;
  /** Bytes, a power of two. */
  readonly blockSize: number;
  /** Whether answers are kept back until the experiment wants them. */
  readonly holds: boolean = false;
  /** Transfers that it was asked for so far. */
  operations = 0;

  constructor(name: string, size: number, blockSize: number) {
    this.name = name;
    this.size = size;
    this.blockSize = blockSize;
  }

  /**
   * Carries a transfer out and calls its `finish` once, now or later, with the bytes transferred and the error or null.
   * Memory is `pages` from `offset` on. Nothing is checked: what is asked for must lie within the size.
   */
  transfer(transfer: Transfer): void {
    this.operations++;
    this.carryOut(transfer);
  }

  protected abstract carryOut(transfer: Transfer): void;
}

/** Answers at once and transfers nothing: what is left is the design's own cost. */
export class InstantBottom extends Bottom {
  constructor({ size = 2 ** 40, blockSize = 512 }: { size?: number; blockSize?: number } = {}) {
    super('instant', size, blockSize);
  }

  protected carryOut(transfer: Transfer): void {
    transfer.finish(transfer.length, null);
  }
}

/** Answers when it is told to. */
export class HeldBottom extends Bottom {
  override readonly holds: boolean = true;
  /** What has not been answered, in the order in which it came. */
  readonly held: Transfer[] = [];

  constructor({ size = 2 ** 40, blockSize = 512 }: { size?: number; blockSize?: number } = {}) {
    super('held', size, blockSize);
  }

  /** Answers so many, the last first, and what these answers bring; by default all. Returns how many. */
  answer(count: number = Infinity): number {
    let answered = 0;
    while (answered < count) {
      const transfer = this.held.pop();
      if (transfer === undefined) break;
      answered++;
      transfer.finish(transfer.length, null);
    }
    return answered;
  }

  protected carryOut(transfer: Transfer): void {
    this.held.push(transfer);
  }
}

/** A device of wakechain, such as a `MemoryDevice` or a `FileDevice`, whose strategy plays no part. */
export class DeviceBottom extends Bottom {
  private readonly device: BlockDevice & { submit(transfer: Transfer): void };

  constructor(device: BlockDevice & { submit(transfer: Transfer): void }) {
    super(device.name, device.size, device.blockSize);
    this.device = device;
  }

  protected carryOut(transfer: Transfer): void {
    this.device.submit(transfer);
  }
}

/** Fails the transfers that a plan names, as a whole, and hands the others on. */
export class FailingBottom extends Bottom {
  private readonly under: Bottom;
  private readonly fails: (transfer: Transfer, nth: number) => boolean;

  /** @param fails whether a transfer fails with `EIO`; the first that comes is number 0 */
  constructor(under: Bottom, fails: (transfer: Transfer, nth: number) => boolean) {
    super(`failing ${under.name}`, under.size, under.blockSize);
    this.under = under;
    this.fails = fails;
  }

  protected carryOut(transfer: Transfer): void {
    if (this.fails(transfer, this.operations - 1)) transfer.finish(0, FAILED);
    else this.under.transfer(transfer);
  }
}

/** Made once: making errors is dear, and would be charged to the design. */
const FAILED = new IoError('EIO', { message: 'The plan says so' });
