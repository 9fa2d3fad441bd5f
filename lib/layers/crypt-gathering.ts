import { MOST_SECTORS, SECTOR_SIZE } from './xts-masks.js';
import type { Piece, Xts } from './xts.js';

interface Gathered extends Piece {
  /** Called once it is done. */
  readonly then: (done: true) => void;
}

/**
 * Small pieces that come in a burst, as when a thread answers many reads: they are encrypted, or decrypted, together when
 * what brought them has returned, in a microtask. So one of a sector costs less than half of what it does alone.
 */
export class CryptGathering {
  private readonly xts: Xts;
  private readonly encrypt: boolean;
  /** The microtask is under way while there are any. */
  private readonly waiting: Gathered[] = [];
  private readonly work = (): void => {
    const { waiting } = this;
    let sectors = 0;
    let count = 0;
    for (; count < waiting.length; count++) {
      sectors += (waiting[count] as Gathered).length / SECTOR_SIZE;
      if (sectors > MOST_SECTORS) break;
    }
    const pieces = waiting.splice(0, count);
    if (waiting.length > 0) queueMicrotask(this.work);
    this.xts.pieces(this.encrypt, pieces);
    for (const { then } of pieces) then(true);
  };

  constructor(xts: Xts, encrypt: boolean) {
    this.xts = xts;
    this.encrypt = encrypt;
  }

  /** Takes a piece of at most {@link MOST_SECTORS}; those of before are done before it. */
  add(piece: Gathered): void {
    if (this.waiting.push(piece) === 1) queueMicrotask(this.work);
  }
}
