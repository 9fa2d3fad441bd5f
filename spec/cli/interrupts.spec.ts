import { expect } from 'chai';
import sinon from 'sinon';
import { exitCodeOf, interruptible } from '../../lib/cli/interrupts.js';

describe('interruptible', () => {
  let clock: sinon.SinonFakeTimers;
  let exit: sinon.SinonStub;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['performance'] });
    exit = sinon.stub(process, 'exit');
  });
  afterEach(() => {
    clock.restore();
    sinon.restore();
  });

  it('aborts at the first interrupt, and ends the process with the code of the second (P4)', async () => {
    const before = process.listenerCount('SIGHUP');
    await interruptible(async (signal) => {
      expect(signal.aborted).to.equal(false);
      process.emit('SIGHUP', 'SIGHUP');
      expect(signal.aborted).to.equal(true);
      clock.tick(100);
      // A launcher has sent it along.
      process.emit('SIGHUP', 'SIGHUP');
      expect(exit.called).to.equal(false);
      clock.tick(1000);
      process.emit('SIGINT', 'SIGINT');
      process.emit('SIGTERM', 'SIGTERM');
      expect(exit.args).to.deep.equal([[130], [143]]);
      expect(exitCodeOf(signal)).to.equal(129);
    });
    expect(process.listenerCount('SIGHUP')).to.equal(before);
  });

  it('passes on what the body resolves to, or fails with, and listens no more', async () => {
    const before = process.listenerCount('SIGHUP');
    expect(await interruptible(async () => 7)).to.equal(7);
    const failure = new Error('it failed');
    const failed = interruptible(async () => {
      throw failure;
    });
    expect(await failed.then(null, (error: unknown) => error)).to.equal(failure);
    expect(process.listenerCount('SIGHUP')).to.equal(before);
  });
});
