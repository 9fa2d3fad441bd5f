import { expect } from 'chai';
import sinon from 'sinon';
import { errback, toErrback } from '../../lib/adapters/errback.js';
import { Completion } from '../../lib/event/completion.js';

describe('errback', () => {
  it('has the value, or the error, of the first call', () => {
    const done = errback<number>((callback) => {
      callback(null, 1);
      callback('late');
    });
    const failed = errback<number>((callback) => callback('e'));
    const threw = errback<number>(() => {
      throw new Error('t');
    });
    expect([done.value, failed.error, String(threw.error)]).to.deep.equal([1, 'e', 'Error: t']);
  });

  it('stops the operation when it is cancelled (C5)', () => {
    const stop = sinon.spy();
    const [running, over] = [errback(() => stop), errback((callback) => (callback(null), stop))];
    running.cancel();
    over.cancel();
    expect([running.state, over.state, stop.callCount]).to.deep.equal(['cancelled', 'done', 1]);
  });
});

describe('toErrback', () => {
  it('calls back with the value, or the error', () => {
    const [done, failed] = [new Completion<number>(), new Completion<number>()];
    const callback = sinon.spy();
    for (const each of [done, failed]) toErrback(each, callback);
    done.complete(1);
    failed.fail('e');
    expect(callback.args).to.deep.equal([[null, 1], ['e']]);
  });
});
