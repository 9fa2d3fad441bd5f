import { expect } from 'chai';
import {
  Callback,
  callLayer,
  cancelChild,
  END_FOR_NOW,
  GO_ON,
  notifyParent,
  runAsync,
  runDone,
  wakeUp,
  withdraw,
} from '../../../lib/io/strategy/callback.js';
import type { CompoundEvent } from '../../../lib/io/strategy/compound-event.js';
import { counted } from '../../conformance/strategy-contract.js';

const event = (parts: object): CompoundEvent => parts as CompoundEvent;

describe('Callback', () => {
  it('is on no queue when it is made, and counts as a link', () => {
    const counts = counted(() => {
      const callback = new Callback(runDone, 'data', 'frame');
      expect([callback.next, callback.prev, callback.data, callback.frame]).to.deep.equal([
        null,
        null,
        'data',
        'frame',
      ]);
    });
    expect(counts.links).to.equal(1);
  });

  it('calls an interceptor’s layer, and passes on whether the chain goes on', () => {
    const callback = new Callback(callLayer, null, null);
    for (const answer of [GO_ON, END_FOR_NOW]) {
      expect(callback.run(event({ intercepted: () => answer }), callback)).to.equal(answer);
    }
  });

  it('wakes a waiter, and goes on', () => {
    const told: string[] = [];
    expect(wakeUp(event({}), new Callback(wakeUp, () => told.push('woken'), null))).to.equal(GO_ON);
    expect(told).to.deep.equal(['woken']);
  });

  it('runs later what is to be told asynchronously, and goes on (N6)', async () => {
    const self = event({});
    const told: unknown[] = [];
    expect(runAsync(self, new Callback(runAsync, (given: unknown) => told.push(given), null))).to.equal(GO_ON);
    expect(told).to.deep.equal([]);
    await new Promise(setImmediate);
    expect(told).to.deep.equal([self]);
  });

  it('runs done, and goes on to the notifiers', () => {
    const told: unknown[] = [];
    const self = event({ done: (given: unknown) => told.push(given) }); // prettier-ignore
    expect([runDone(self), told]).to.deep.equal([GO_ON, [self]]);
  });

  it('tells the parent where the child was and how it is to be counted', () => {
    const told: unknown[][] = [];
    const child = event({ parent: { partEnded: (...given: unknown[]) => told.push(given) } }); // prettier-ignore
    expect(notifyParent(child, new Callback(notifyParent, 512, 'tag'))).to.equal(GO_ON);
    expect(told).to.deep.equal([[child, 512, 'tag']]);
  });

  it('takes an event out of the list in which it still waits', () => {
    const slots: unknown[] = [];
    const waiting = { list: { withdraw: (slot: unknown) => slots.push(slot) } }; // prettier-ignore
    for (const slot of [waiting, { list: null }]) {
      expect(withdraw(event({}), new Callback(withdraw, slot, null))).to.equal(GO_ON);
    }
    expect(slots).to.deep.equal([waiting]);
  });

  it('leaves children to whoever walks the cancel queue', () => {
    expect(cancelChild()).to.equal(GO_ON);
  });
});
