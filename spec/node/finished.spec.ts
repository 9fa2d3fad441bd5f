import { PassThrough, Readable } from 'node:stream';
import { expect } from 'chai';
import { finished } from '../../lib/node/finished.js';
import { hooks } from '../../lib/event/hooks.js';
import { turns } from '../event/support.js';

describe('finished', () => {
  it('completes when the stream has ended, and fails with it', async () => {
    const done = Readable.from(['a']);
    const over = finished(done);
    done.resume();
    await over;
    const broken = new PassThrough();
    const failing = finished(broken);
    broken.destroy(new Error('e'));
    expect(await failing.promise().catch(String)).to.equal('Error: e');
  });

  it('cancelled, leaves the stream’s listeners as they were', () => {
    const stream = new PassThrough();
    const before = stream.eventNames().length;
    expect([finished(stream).cancel(), stream.eventNames().length]).to.deep.equal(['cancelled', before]);
  });

  it('that fails and that nobody observes is told of (C8)', async () => {
    const seen: string[] = [];
    hooks.unobserved = (error) => seen.push(String(error));
    const broken = new PassThrough().on('error', () => undefined);
    finished(broken);
    broken.destroy(new Error('e'));
    await turns(2);
    hooks.unobserved = null;
    expect(seen).to.deep.equal(['Error: e']);
  });
});
