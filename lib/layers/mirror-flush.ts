import type { Io } from '../io/io.js';
import type { IoError } from '../io/io-error.js';
import type { Layer } from '../io/layer.js';
import type { PresentMember } from './member-records.js';
import { isCancel, type MirrorArray } from './mirror-array.js';
import type { MirrorFrame } from './mirror-frame.js';

/**
 * A flush goes to every member that is written to (I7). One that fails it is dropped, unless all in sync have: what it
 * had acknowledged may be lost. Then the regions that nobody has written to since it began need no resync after a crash.
 */
export class MirrorFlush implements MirrorFrame {
  private readonly array: MirrorArray;
  private readonly safe: Set<number>;
  private readonly failures = new Map<PresentMember, IoError | null>();

  constructor(array: MirrorArray) {
    this.array = array;
    this.safe = array.records.intent.flushBegins();
  }

  start(io: Io, layer: Layer<MirrorFrame>): void {
    const split = io.split(layer, this);
    for (const member of this.array.records.written) split.fanOut(member.device, 0, member);
    split.seal();
  }

  child(_io: Io, part: Io, tag: unknown): void {
    this.failures.set(tag as PresentMember, part.failure);
  }

  done(io: Io): void {
    const { records } = this.array;
    const failed = [...this.failures].filter(([, failure]) => failure !== null && !isCancel(failure));
    const inSync = [...this.failures.keys()].filter(({ state }) => state === 'in-sync');
    const kept = inSync.every((member) => failed.some(([each]) => each === member)) ? inSync[0] : undefined;
    for (const [member] of failed) if (member !== kept) records.drop(member);
    for (const [member, failure] of this.failures) {
      if (member.state === 'in-sync') io.failure ??= failure;
    }
    const resume = io.suspend();
    records.settled((error) => {
      io.failure ??= error;
      // Also on members that are rebuilt: what they had before a crash is not copied again, but for what is marked.
      const everywhere = [...this.failures].every(([{ state }, failed]) => failed === null || state === 'failed');
      records.intent.flushEnded(this.safe, everywhere);
      resume();
    });
  }
}
