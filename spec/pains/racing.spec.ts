import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import sinon from 'sinon';
import { allOf, anyOf, Completion, firstOf, fromPromise, fromSignal, hooks, timeout, watch } from '../../lib/index.js';
import { alive, LAST } from './alive.js';

/** What users suffer who race promises: docs/pains.md tells the stories. */
describe('racing', () => {
  const races = 5000;

  it('against a promise that never settles keeps nothing of any race (nodejs/node#17469)', async () => {
    const never = new Promise<never>(() => undefined);
    const winners: WeakRef<object>[] = [];
    const race = async (): Promise<void> => {
      const winner = { message: 'won' };
      winners.push(new WeakRef(winner));
      expect(await firstOf([never, Promise.resolve(winner)])).to.equal(winner);
    };
    for (let i = 0; i < races; i++) await race();
    expect(await alive(winners)).to.equal(0);
    expect(never).to.be.instanceOf(Promise);
  });

  it('is how Promise.race keeps them all: the yardstick of the spec above (nodejs/node#17469)', async () => {
    const never = new Promise<never>(() => undefined);
    const winners: WeakRef<object>[] = [];
    for (let i = 0; i < 100; i++) {
      const winner = { message: i };
      winners.push(new WeakRef(winner));
      await Promise.race([never, Promise.resolve(winner)]);
    }
    expect(await alive(winners)).to.equal(100 - LAST);
    expect(never).to.be.instanceOf(Promise);
  });

  it('promises that have settled already does not grow either (nodejs/node#51452)', async () => {
    const settled = Promise.resolve('first');
    const losers: WeakRef<object>[] = [];
    const loser = new Completion();
    const race = async (): Promise<void> => {
      const raced = firstOf([settled, watch(loser)]);
      losers.push(new WeakRef(raced));
      await raced;
    };
    for (let i = 0; i < races; i++) await race();
    expect([await alive(losers), loser.size, await settled]).to.deep.equal([0, 0, 'first']);
  });

  it('each message of a session against its end keeps no message (cloudflare/capnweb#168, matter-js/matter.js#2640, danfuzz/lactoserv#170, stefanpenner/es6-promise#84)', async () => {
    const end = new Completion();
    const messages: WeakRef<object>[] = [];
    const receive = async (): Promise<void> => {
      const incoming = new Completion<object>();
      const race = firstOf([incoming, watch(end)]);
      incoming.complete({ body: 'message' });
      messages.push(new WeakRef((await race) as object));
    };
    for (let i = 0; i < races; i++) await receive();
    expect([await alive(messages), end.size, end.state]).to.deep.equal([0, 0, 'pending']);
  });

  it('takes itself off all that it lost, which nothing can do for a Promise.any (mdn/content#44695, mdn/content#45353)', async () => {
    const controller = new AbortController();
    const never = new Promise<never>(() => undefined);
    const [event, winner] = [new Completion(), new Completion<string>()];
    const race = anyOf([fromSignal(controller.signal), never, fromPromise(never), watch(event), winner]);
    expect([getEventListeners(controller.signal, 'abort').length, event.size]).to.deep.equal([1, 1]);
    winner.complete('won');
    expect([getEventListeners(controller.signal, 'abort').length, event.size]).to.deep.equal([0, 0]);
    expect(await race).to.equal('won');
  });

  it('cancels the losers, as nobody else does (petkaantonov/bluebird#946, sindresorhus/p-cancelable#29)', async () => {
    const stopped: string[] = [];
    const request = (name: string): Completion<string> => {
      const completion = new Completion<string>();
      completion.onCancel(() => stopped.push(name));
      return completion;
    };
    const [north, south, west] = [request('north'), request('south'), request('west')];
    const any = anyOf([north, south, west]);
    south.complete('answer');
    expect([await any, stopped]).to.deep.equal(['answer', ['north', 'west']]);

    stopped.length = 0;
    const [first, second, third] = [request('first'), request('second'), request('third')];
    const all = allOf([first, second, third], { onFailure: 'cancel' });
    second.fail(new Error('refused'));
    expect([all.state, all.error, stopped]).to.deep.equal(['failed', second.error, ['first', 'third']]);
  });

  it('tells of a loser that fails later, and takes the process down for none (jestjs/jest#5436, mdn/content#44286)', async () => {
    const unhandled = sinon.stub();
    const unobserved = sinon.stub();
    process.on('unhandledRejection', unhandled);
    hooks.unobserved = unobserved;
    try {
      let reject: (error: Error) => void = () => undefined;
      const lagging = new Promise<never>((_, no) => (reject = no));
      const slow = new Completion();
      const lost: unknown[] = [];
      const race = firstOf([lagging, slow, Promise.resolve('quick')], {
        losers: 'leave',
        onLose: (child) => lost.push(child.source),
      });
      expect(await race).to.equal('quick');
      const [error, other] = [new Error('lagging'), new Error('slow')];
      reject(error);
      slow.fail(other);
      await new Promise((resolve) => setImmediate(resolve));
      expect([lost.length, lost[1]]).to.deep.equal([2, slow]);
      expect(unobserved.args).to.have.deep.members([[error], [other]]);
      expect(unhandled.called).to.equal(false);
    } finally {
      hooks.unobserved = null;
      process.off('unhandledRejection', unhandled);
    }
  });

  it('with a time limit leaves no timer behind to hold the process open (nodejs/node#17469)', () => {
    const clock = sinon.useFakeTimers();
    try {
      const request = new Completion<string>();
      const limited = request.within(60_000);
      const raced = firstOf([timeout(60_000), watch(limited)]);
      expect(clock.countTimers()).to.equal(2);
      request.complete('answer');
      expect([clock.countTimers(), limited.value, raced.value]).to.deep.equal([0, 'answer', 'answer']);
    } finally {
      clock.restore();
    }
  });
});
