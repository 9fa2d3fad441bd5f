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

  it('cancelled, leaves no listener', () => {
    const { stream } = slow();
    stream.write('ab');
    drained(stream).cancel();
    expect(['drain', 'close', 'error'].map((event) => stream.listenerCount(event))).to.deep.equal([0, 0, 0]);
  });
});
