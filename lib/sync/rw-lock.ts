import { ArgumentError, StateError } from '../wait/errors.js';
import { Hold, type Held } from './hold.js';
import { holding, Taking } from './taking.js';
import { Takers, type AcquireOptions } from './takers.js';

/** Who goes first when readers and writers wait: who came first, or one kind before the other. */
export type Preference = 'fair' | 'readers' | 'writers';

const PREFERENCES: readonly Preference[] = ['fair', 'readers', 'writers'];

/** Who of readers and writers goes first. */
export interface RwLockOptions {
  /**
   * `fair`: first come, first served, readers in a row together; `readers` do not wait for waiting writers, who may
   * starve; `writers` go before waiting readers, who may starve. Default `fair`.
   */
  prefer?: Preference;
}

/** A lock for many readers or one writer. A reader can become the writer, and a writer a reader, without letting go. */
export class RwLock {
  private readonly readLine = new Takers(() => {
    this.serve();
  });
  /** The same line as the readers' when it is fair. */
  private readonly writeLine: Takers;
  private readonly upgrading = new Takers(() => {
    this.serve();
  });
  private readonly prefer: Preference;
  /** Who waits to become the writer, or did last. */
  private upgrader: ReadHold | null = null;
  private count = 0;
  private written = false;

  /** @throws ArgumentError `ERR_PREFERENCE` */
  constructor({ prefer = 'fair' }: RwLockOptions = {}) {
    if (!PREFERENCES.includes(prefer)) {
      throw new ArgumentError('ERR_PREFERENCE', `prefer must be one of ${PREFERENCES.join(', ')}, got ${prefer}`);
    }
    this.prefer = prefer;
    this.writeLine =
      prefer === 'fair'
        ? this.readLine
        : new Takers(() => {
            this.serve();
          });
  }

  /** How many read. */
  get readers(): number {
    return this.count;
  }

  /** Whether somebody writes. */
  get locked(): boolean {
    return this.written;
  }

  /** How many wait; counted, so O(waiting). */
  get waiting(): number {
    const writers = this.writeLine === this.readLine ? 0 : this.writeLine.size;
    return this.readLine.size + writers + this.upgrading.size;
  }

  /** Waits until it may read. @throws ArgumentRangeError `ERR_DELAY`; rejects with the signal's reason or a TimeoutError */
  read(options: AcquireOptions = {}): Promise<ReadHold> {
    return this.readLine.take(() => this.claimRead(options.barge === true), options);
  }

  /** Waits until it may write. Throws as {@link read}. */
  write(options?: AcquireOptions): Promise<WriteHold> {
    return this.writeLine.take(() => this.claimWrite(), options);
  }

  /** Reading, as a branch of a compound: of a choice, only the winner has the lock. Throws `ERR_DELAY`. */
  reading(options: AcquireOptions = {}): Taking<ReadHold> {
    return new Taking(
      this.readLine,
      holding(() => this.claimRead(options.barge === true)),
      options,
    );
  }

  /** Writing, as a branch of a compound; as {@link reading}. */
  writing(options?: AcquireOptions): Taking<WriteHold> {
    return new Taking(
      this.writeLine,
      holding(() => this.claimWrite()),
      options,
    );
  }

  /** Reads now, or null; null also when others are to go first. */
  tryRead(): ReadHold | null {
    return this.readLine.active ? null : this.claimRead(false);
  }

  /** Writes now, or null; null also when it is free and another is about to take it. */
  tryWrite(): WriteHold | null {
    return this.writeLine.active ? null : this.claimWrite();
  }

  /** @internal The reader becomes the writer when it is the only one left; until then nobody else begins to read. */
  upgrade(reader: ReadHold, options?: AcquireOptions): Promise<WriteHold> {
    if (this.upgrading.active) {
      return Promise.reject(
        new StateError('ERR_UPGRADE', 'Another reader waits to become the writer; each would wait for the other'),
      );
    }
    this.upgrader = reader;
    return this.upgrading.take(() => {
      if (this.count > 1) return null;
      reader.convert();
      this.upgrader = null;
      this.count = 0;
      this.written = true;
      return new WriteHold(this);
    }, options);
  }

  /** @internal Whether the reader waits to become the writer. */
  isUpgrading(reader: ReadHold): boolean {
    return this.upgrader === reader && this.upgrading.active;
  }

  /** @internal */
  downgrade(): ReadHold {
    this.written = false;
    this.count = 1;
    const hold = new ReadHold(this);
    this.serve();
    return hold;
  }

  /** @internal A reader has ended. */
  readEnded(): void {
    this.count--;
    this.serve();
  }

  /** @internal The writer has ended. */
  writeEnded(): void {
    this.written = false;
    this.serve();
  }

  private claimRead(barge: boolean): ReadHold | null {
    const held = this.written || this.upgrading.active;
    if (held || (this.prefer === 'writers' && this.writeLine.active && !barge)) return null;
    this.count++;
    return new ReadHold(this);
  }

  private claimWrite(): WriteHold | null {
    if (this.written || this.count > 0) return null;
    this.written = true;
    return new WriteHold(this);
  }

  private serve(): void {
    this.upgrading.serve();
    if (this.prefer === 'writers') this.writeLine.serve();
    this.readLine.serve();
    if (this.prefer === 'readers') this.writeLine.serve();
  }
}

/** A reader's hold of an {@link RwLock}. */
export class ReadHold extends Hold {
  private readonly lock: RwLock;

  /** @internal */
  constructor(lock: RwLock) {
    super(readersOf(lock), 1);
    this.lock = lock;
  }

  /**
   * Becomes the writer, once all other readers have ended. Nobody writes in between, so what was read still holds. Until
   * then it reads on; if the wait ends early it still does.
   * @throws StateError `ERR_RELEASED` when it was given back; rejects with StateError `ERR_UPGRADE` when another reader
   *   waits for the same, the signal's reason or a TimeoutError
   */
  upgrade(options?: Omit<AcquireOptions, 'barge'>): Promise<WriteHold> {
    if (this.released) throw new StateError('ERR_RELEASED', 'The hold was given back before');
    return this.lock.upgrade(this, options);
  }

  /** @throws StateError `ERR_UPGRADE` while it waits to become the writer: end that wait first */
  override release(): boolean {
    if (this.lock.isUpgrading(this)) {
      throw new StateError('ERR_UPGRADE', 'The hold waits to become the writer; cancel that before giving it back');
    }
    return super.release();
  }

  /** @internal It is the writer's now. */
  convert(): void {
    this.forget();
  }
}

/** The writer's hold of an {@link RwLock}. */
export class WriteHold extends Hold {
  private readonly lock: RwLock;

  /** @internal */
  constructor(lock: RwLock) {
    super(writerOf(lock), 1);
    this.lock = lock;
  }

  /** Becomes a reader; other readers may join, and no writer comes in between. @throws StateError `ERR_RELEASED` */
  downgrade(): ReadHold {
    if (this.released) throw new StateError('ERR_RELEASED', 'The hold was given back before');
    this.forget();
    return this.lock.downgrade();
  }
}

function readersOf(lock: RwLock): Held {
  return { giveBack: () => lock.readEnded() };
}

function writerOf(lock: RwLock): Held {
  return { giveBack: () => lock.writeEnded() };
}
