import { Writable } from 'node:stream';
import { expect } from 'chai';
import { drained } from '../../lib/node/drained.js';
import { turns } from '../event/support.js';

describe('drained', () => {
  /** A stream that is full after one byte, and written out by `go`. */
  function slow() {
    const waiting: (() => void)[] = [];
    const stream = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void waiting.push(done) });
    return { stream, go: (): void => waiting.shift()?.() };
  }

  it('completes at once while the stream takes more, and when it does again', async () => {
    const { stream, go } = slow();
    expect(drained(stream).state).to.equal('done');
    stream.write('ab');
    const waiting = Array.from({ length: 20 }, () => drained(stream));
    expect([waiting[0]?.state, stream.listenerCount('drain')]).to.deep.equal(['pending', 1]);
    go();
    await turns(1);
    expect([waiting.every(({ state }) => state === 'done'), stream.listenerCount('drain'), stream.listenerCount('close')]).to.deep.equal([true, 0, 0]); // prettier-ignore
  });

  it('fails when the stream does, or closes first', async () => {
    const [broken, closed] = [slow().stream, slow().stream];
    const errors = [broken, closed].map((stream) => {
      stream.write('ab');
      return drained(stream);
    });
    broken.destroy(new Error('e'));
    closed.destroy();
    await turns(1);
    expect(String(errors[0]?.error)).to.equal('Error: e');
    expect([errors[1]?.error, drained(closed).error].map((error) => (error as { code: string }).code)).to.deep.equal(['ERR_STREAM_CLOSED', 'ERR_STREAM_CLOSED']); // prettier-ignore
  });

  it('fails with what the stream failed with before, and of one that was ended', async () => {
    const [broken, ended] = [slow().stream, slow().stream];
    broken.on('error', () => undefined).destroy(new Error('e'));
    expect(String(drained(broken).error)).to.equal('Error: e');
    await turns(1);
    expect(String(drained(broken).error)).to.equal('Error: e');
    ended.end('ab');
    expect(drained(ended).error).to.have.property('code', 'ERR_STREAM_CLOSED');
  });

  it('fails when the stream is ended before it takes more', async () => {
    const { stream, go } = slow();
    stream.write('ab');
    const waiting = drained(stream);
    stream.end();
    go();
    await turns(2);
    expect([waiting.error, stream.listenerCount('close')]).to.have.deep.nested.property('[1]', 0);
    expect(waiting.error).to.have.property('code', 'ERR_STREAM_CLOSED');
  });

  it('fails when it is ended, also of a stream that does not close then', async () => {
    const waiting: (() => void)[] = [];
    const write = (_chunk: unknown, _encoding: string, done: () => void): void => void waiting.push(done);
    const stream = new Writable({ autoDestroy: false, highWaterMark: 1, write });
    stream.write('ab');
    const failing = drained(stream);
    stream.end();
    waiting.shift()?.();
    await turns(2);
    expect([stream.writableFinished, stream.closed]).to.deep.equal([true, false]);
    expect(failing.error).to.have.property('code', 'ERR_STREAM_CLOSED');
    expect(stream.listenerCount('finish')).to.equal(0);
  });

  it('cancelled, leaves no listener', () => {
    const { stream } = slow();
    stream.write('ab');
    drained(stream).cancel();
    expect(['drain', 'close', 'error'].map((event) => stream.listenerCount(event))).to.deep.equal([0, 0, 0]);
  });
});
