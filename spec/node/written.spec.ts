import { Writable } from 'node:stream';
import { expect } from 'chai';
import { written } from '../../lib/node/written.js';
import { codeOf, turns } from '../event/support.js';
import { rejection } from '../sync/kit.js';

const listeners = (stream: Writable): number[] => ['error', 'close', 'drain'].map((event) => stream.listenerCount(event)); // prettier-ignore

/** A stream that passes a chunk on, or fails, when it is told to. */
function slow() {
  const waiting: ((error?: Error) => void)[] = [];
  const chunks: string[] = [];
  const write = (chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void => {
    chunks.push(new TextDecoder().decode(chunk));
    waiting.push(done);
  };
  const stream = new Writable({ highWaterMark: 1, write });
  return { stream, chunks, go: (error?: Error): void => waiting.shift()?.(error) };
}

describe('written', () => {
  it('completes when the stream has passed the chunk on, in order, with one listener of each kind', async () => {
    const { stream, chunks, go } = slow();
    const before = listeners(stream);
    const all = ['a', 'b'].map((chunk) => written(stream, chunk));
    expect([chunks, listeners(stream)]).to.deep.equal([['a'], [1, 1, 0]]);
    go();
    await turns(1);
    expect([all.map(({ state }) => state), chunks]).to.deep.equal([
      ['done', 'pending'],
      ['a', 'b'],
    ]);
    go();
    await all[1];
    expect(listeners(stream)).to.deep.equal(before);
  });

  it('fails with the stream, whose event is nobody else’s, and leaves no listener', async () => {
    const { stream, go } = slow();
    const before = listeners(stream);
    const [first, second] = ['a', 'b'].map((chunk) => rejection(written(stream, chunk).promise()));
    go(new Error('e'));
    expect([String(await first), String(await second)]).to.deep.equal(['Error: e', 'Error: e']);
    await turns(2);
    expect(listeners(stream)).to.deep.equal(before);
    expect(String(written(stream, 'c').error)).to.equal('Error: e');
  });

  it('fails when the stream closes before, or was ended, and writes nothing then', async () => {
    const [closing, ended] = [slow(), slow()];
    const waiting = rejection(written(closing.stream, 'a').promise());
    closing.stream.destroy();
    ended.stream.end();
    expect([await waiting, written(ended.stream, 'a').error].map((error) => (error as { code: string }).code)).to.deep.equal(['ERR_STREAM_CLOSED', 'ERR_STREAM_CLOSED']); // prettier-ignore
    await turns(1);
    expect([ended.chunks, listeners(closing.stream)]).to.deep.equal([[], listeners(slow().stream)]);
  });

  it('is left to finish when it is cancelled (C5)', async () => {
    const { stream, go } = slow();
    const writing = written(stream, 'a');
    expect(writing.cancel()).to.equal('requested');
    go();
    await turns(1);
    expect(writing.state).to.equal('done');
  });

  it('throws what the stream throws of a chunk that it does not take, and leaves no listener', () => {
    const { stream } = slow();
    const before = listeners(stream);
    expect(codeOf(() => written(stream, {}))).to.equal('ERR_INVALID_ARG_TYPE');
    expect([listeners(stream), stream.destroyed]).to.deep.equal([before, false]);
  });
});
