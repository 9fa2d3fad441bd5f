import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { firstOf } from '../../lib/event/first-of.js';
import { readable } from '../../lib/node/readable.js';
import { turns } from '../event/support.js';
import { rejection } from '../sync/kit.js';

const EVENTS = ['readable', 'end', 'error', 'close'];
const listeners = (stream: PassThrough): number[] => EVENTS.map((event) => stream.listenerCount(event));

describe('readable', () => {
  it('completes when something can be read, and reads nothing; false at the end', async () => {
    const stream = new PassThrough();
    const before = listeners(stream);
    const waiting = Array.from({ length: 20 }, () => readable(stream));
    const [all] = [Promise.all(waiting.map((each) => each.promise())), await turns(1)];
    expect(EVENTS.map((event, i) => stream.listenerCount(event) - (before[i] ?? 0))).to.deep.equal([1, 1, 1, 1]);
    stream.write('ab');
    expect([new Set(await all), stream.readableLength, readable(stream).value]).to.deep.equal([
      new Set([true]),
      2,
      true,
    ]);
    stream.read();
    const end = readable(stream);
    stream.end();
    expect([await end, readable(stream).value, listeners(stream)]).to.deep.equal([false, false, before]);
  });

  it('fails with the stream, or when it closes before its end, at once and later', async () => {
    const [broken, closed] = [new PassThrough(), new PassThrough()];
    const waiting = [broken, closed].map((stream) => rejection(readable(stream).promise()));
    broken.destroy(new Error('e'));
    closed.destroy();
    const errors = [...(await Promise.all(waiting)), readable(broken).error, readable(closed).error];
    expect(errors.map((error) => (error as { code?: string }).code ?? String(error))).to.deep.equal(['Error: e', 'ERR_STREAM_CLOSED', 'Error: e', 'ERR_STREAM_CLOSED']); // prettier-ignore
  });

  it('cancelled, or a loser, leaves no listener, however often (E6)', async () => {
    const stream = new PassThrough();
    const before = listeners(stream);
    for (let i = 0; i < 100; i++) firstOf([readable(stream), AbortSignal.abort('now')]);
    readable(stream).cancel();
    await turns(1);
    expect(listeners(stream)).to.deep.equal(before);
  });
});
