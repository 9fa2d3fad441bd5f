import { expect } from 'chai';
import { ManualClock } from '../../lib/adapters/clock.js';
import { interval } from '../../lib/adapters/interval.js';
import { toIterable } from '../../lib/adapters/to-iterable.js';
import { leavable } from '../../lib/compound/leavable.js';
import { Channel } from '../../lib/sync/channel.js';
import { rejection, settled } from '../sync/kit.js';

const over = { done: true, value: undefined };

/** What they come to, or that they wait, told at once. */
const soon = (promises: Promise<unknown>[]): Promise<unknown> =>
  Promise.race([
    Promise.all(promises),
    settled()
      .then(settled)
      .then(() => 'they wait'),
  ]);

describe('leavable', () => {
  it('calls what ends the wait before the generator is told', async () => {
    let release = (): void => undefined;
    async function* waits(): AsyncGenerator<number, void, undefined> {
      await new Promise<void>((resolve) => (release = resolve));
      yield 1;
    }
    const left = leavable(waits(), () => {
      release();
    });
    const waiting = left.next();
    await settled();
    expect(await soon([waiting, left.return(), left.next()])).to.deep.equal([{ done: false, value: 1 }, over, over]); // prettier-ignore
  });

  /** Every loop of the package, what makes it yield, and how much its source holds for others. */
  const loops = (): Record<string, { loop: AsyncGenerator; bring: () => void; left: () => unknown }> => {
    const channel = new Channel<number>(2);
    const meeting = new Channel<number>();
    const read = new Channel<number>(2);
    const clock = new ManualClock();
    const ticks = interval(10, { clock });
    return {
      Channel: { loop: channel[Symbol.asyncIterator](), bring: () => channel.trySend(1), left: () => channel.length },
      'Channel of capacity 0': {
        loop: meeting[Symbol.asyncIterator](),
        bring: () => meeting.trySend(1),
        left: () => (meeting.ready() === 0 ? 0 : 1),
      },
      Interval: { loop: ticks[Symbol.asyncIterator](), bring: () => clock.advance(10), left: () => clock.pending },
      toIterable: {
        loop: toIterable(() => read.receiving()),
        bring: () => read.trySend(1),
        left: () => read.length,
      },
    };
  };

  for (const name of Object.keys(loops())) {
    const made = (): { loop: AsyncGenerator; bring: () => void; left: () => unknown } =>
      loops()[name] as ReturnType<typeof made>;

    it(`${name}: return while it waits ends every next, and leaves no waiter (E6)`, async () => {
      const { loop, left } = made();
      const waiting = [loop.next(), loop.next()];
      await settled();
      const ended = loop.return(undefined);
      expect(await soon([...waiting, ended, loop.next()])).to.deep.equal([over, over, over, over]);
      expect(left()).to.equal(0);
    });

    it(`${name}: throw while it waits ends the next, and rejects with what was thrown (E6)`, async () => {
      const { loop, left } = made();
      const waiting = loop.next();
      await settled();
      const thrown = new Error('enough');
      const failing = loop.throw(thrown);
      expect([await soon([waiting, rejection(failing)]), left()]).to.deep.equal([[over, thrown], 0]);
    });

    it(`${name}: return before the first next leaves nothing`, async () => {
      const { loop, left } = made();
      expect([await loop.return(undefined), left()]).to.deep.equal([over, 0]);
    });

    it(`${name}: what came before it was left is yielded (E7)`, async () => {
      const { loop, bring, left } = made();
      const waiting = [loop.next(), loop.next()];
      await settled();
      bring();
      const ended = loop.return(undefined);
      expect(await soon([...waiting, ended])).to.deep.equal([{ done: false, value: 1 }, over, over]);
      expect(left()).to.equal(0);
    });
  }
});
