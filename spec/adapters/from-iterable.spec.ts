import { expect } from 'chai';
import { fromIterable } from '../../lib/adapters/from-iterable.js';
import { collectUncaught, turns } from '../event/support.js';
import { rejection } from '../sync/kit.js';

describe('fromIterable', () => {
  const uncaught = collectUncaught();

  it('has what a list, and a generator, yields', async () => {
    async function* numbers(): AsyncGenerator<number> {
      yield 1;
      await turns(1);
      yield 2;
    }
    for (const source of [[1, 2], numbers(), '12']) {
      const seen: number[] = [];
      for await (const value of fromIterable<unknown>(source)) seen.push(Number(value));
      expect(seen).to.deep.equal([1, 2]);
    }
  });

  it('is pulled from no faster than values are received', async () => {
    let pulled = 0;
    function* endless(): Generator<number> {
      for (;;) yield ++pulled;
    }
    const channel = fromIterable(endless(), { capacity: 2 });
    await turns(2);
    expect(pulled).to.equal(3);
    await channel.receive();
    await turns(2);
    expect(pulled).to.equal(4);
    channel.close();
  });

  it('fails with what the iterable throws, after what is kept', async () => {
    async function* failing(): AsyncGenerator<number> {
      await turns(0);
      yield 1;
      throw new Error('broken');
    }
    const channel = fromIterable(failing());
    expect(await channel.receive()).to.equal(1);
    expect(String(await rejection(channel.receive()))).to.equal('Error: broken');
  });

  it('ends the iterable when it is closed', async () => {
    let ended = false;
    async function* source(): AsyncGenerator<number> {
      try {
        for (let value = 0; ; value++) yield await Promise.resolve(value);
      } finally {
        ended = true;
      }
    }
    const channel = fromIterable(source());
    await channel.receive();
    channel.close();
    channel.close();
    await turns(2);
    expect(ended).to.equal(true);
  });

  it('does not let who closes it have, nor swallows, what the iterable throws at its end (C4)', async () => {
    function* numbers(): Generator<number> {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        expect.fail('at its end');
      }
    }
    async function* later(): AsyncGenerator<number> {
      yield* numbers();
      await turns(1);
    }
    for (const source of [numbers(), later()]) {
      const channel = fromIterable(source);
      await channel.receive();
      channel.close();
      await turns(5);
      expect(uncaught.splice(0).map(String)).to.deep.equal(['AssertionError: at its end']);
    }
  });
});
