import { expect } from 'chai';
import fc from 'fast-check';
import { seed } from '../conformance/random.js';
import { Inlet, type Taker } from '../../lib/nbd/inlet.js';

/** Takes messages that begin with the length of a payload, one byte, and keeps them. */
class Keeper implements Taker {
  needs = 1;
  readonly kept: number[][] = [];
  readonly inlet = new Inlet(this);
  private pages = new Uint8Array(0);

  take(bytes: Buffer, at: number): void {
    const length = bytes[at] ?? 0;
    this.pages = new Uint8Array(length);
    if (length === 0) this.landed();
    else if (length === 13) {
      this.inlet.skip(13);
      this.kept.push([-13]);
    } else this.inlet.land(length === 1 ? [this.pages] : [this.pages.subarray(0, 1), this.pages.subarray(1)]);
  }

  landed(): void {
    this.kept.push([...this.pages]);
  }
}

function stream(messages: readonly number[][]): Buffer {
  return Buffer.concat(messages.map((each) => Buffer.of(each.length, ...each)));
}

describe('Inlet', () => {
  it('cuts a stream into the same messages, however it comes in pieces (P2)', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    // Those of 13 bytes are skipped.
    const skipped = fc.array(byte, { minLength: 13, maxLength: 13 });
    const message = fc.oneof(fc.array(byte, { maxLength: 20 }), skipped);
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 30 })),
        (messages, sizes) => {
          const keeper = new Keeper();
          const bytes = stream(messages);
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % Math.max(1, sizes.length)] ?? 1;
            keeper.inlet.feed(bytes.subarray(at, at + size));
            at += size;
          }
          expect(keeper.kept).to.deep.equal(messages.map((each) => (each.length === 13 ? [-13] : each)));
          expect([keeper.inlet.pending, keeper.inlet.unfinished]).to.deep.equal([0, false]);
        },
      ),
      { seed },
    );
  });

  it('keeps what comes while nothing is taken, and gives it when it is resumed, in order', () => {
    const keeper = new Keeper();
    keeper.needs = 0;
    keeper.inlet.feed(stream([[1, 2]]));
    keeper.inlet.feed(stream([[3]]));
    expect([keeper.kept.length, keeper.inlet.pending]).to.deep.equal([0, 5]);
    keeper.needs = 1;
    keeper.inlet.resume();
    expect(keeper.kept).to.deep.equal([[1, 2], [3]]);
  });

  it('holds the beginning of a message that is not whole', () => {
    const keeper = new Keeper();
    keeper.needs = 3;
    keeper.inlet.feed(Buffer.of(0, 0));
    expect([keeper.inlet.unfinished, keeper.inlet.pending]).to.deep.equal([true, 2]);
    keeper.inlet.feed(Buffer.of(0));
    expect([keeper.inlet.unfinished, keeper.kept.length]).to.deep.equal([false, 1]);
  });

  it('has not done with a message before all of what is skipped has come', () => {
    const keeper = new Keeper();
    const bytes = stream([Array.from({ length: 13 }, () => 0)]);
    keeper.inlet.feed(bytes.subarray(0, 13));
    expect(keeper.inlet.unfinished).to.equal(true);
    keeper.inlet.feed(bytes.subarray(13));
    expect([keeper.inlet.unfinished, keeper.inlet.pending]).to.deep.equal([false, 0]);
  });

  it('keeps what comes while a message is taken, behind the rest of what came with it', () => {
    const taken: number[] = [];
    const inlet: Inlet = new Inlet({
      needs: 1,
      take: (bytes, at) => {
        taken.push(bytes[at] as number);
        if (taken.length === 1) inlet.feed(Buffer.of(3));
      },
      landed: () => undefined,
    });
    inlet.feed(Buffer.of(1, 2));
    expect([taken, inlet.pending]).to.deep.equal([[1, 2], 1]);
    inlet.resume();
    expect([taken, inlet.pending]).to.deep.equal([[1, 2, 3], 0]);
  });

  it('says where a large payload goes, so that a socket puts it there itself', () => {
    const large = new Uint8Array(40_000);
    const taker: Taker & { landings: number } = {
      landings: 0,
      needs: 1,
      take: () => {
        inlet.land([large]);
      },
      landed: () => {
        taker.landings++;
      },
    };
    const inlet = new Inlet(taker);
    expect([inlet.target, inlet.expectsLarge]).to.deep.equal([null, false]);
    inlet.feed(Buffer.alloc(101, 7));
    expect([inlet.target?.length, inlet.target?.byteOffset, inlet.expectsLarge]).to.deep.equal([39_900, 100, true]);
    inlet.filledBy(39_899);
    expect([inlet.target?.length, taker.landings]).to.deep.equal([1, 0]);
    inlet.filledBy(1);
    expect([inlet.target, taker.landings, large[99], large[100]]).to.deep.equal([null, 1, 7, 0]);
  });
});
