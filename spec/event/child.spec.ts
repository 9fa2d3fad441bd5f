import { expect } from 'chai';
import { allOf } from '../../lib/event/all-of.js';
import { Child } from '../../lib/event/child.js';
import { Completion, ReusableCompletion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { watch } from '../../lib/event/waitable.js';
import { WaitEntry } from '../../lib/wait/entry.js';
import { AbortError } from '../../lib/wait/errors.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { codeOf } from './support.js';

const childrenOf = (...sources: (Completion<number> | ReusableCompletion<number>)[]): Child[] =>
  allOf(sources).children;

describe('Child', () => {
  it('is the entry on the child’s queue (E4)', () => {
    const source = new Completion<number>();
    const [child] = childrenOf(source);
    expect(child).to.be.instanceOf(WaitEntry).and.instanceOf(Child);
    expect(Array.from(source)).to.deep.equal([child]);
    expect([child?.source, child?.owned, child?.lost]).to.deep.equal([source, true, false]);
  });

  it('says how it ended, and when it came (E5)', () => {
    const sources = [0, 1, 2, 3].map(() => new Completion<number>());
    const children = childrenOf(...sources);
    sources[2]?.cancel('r');
    sources[0]?.complete(5);
    sources[1]?.fail('e');
    expect(children.map(({ state, arrival }) => `${state} ${arrival}`)).to.deep.equal([
      ...['done 1', 'failed 2', 'cancelled 0', 'pending -1'],
    ]);
  });

  describe('value', () => {
    it('is the value; of a plain queue, the key (E5)', () => {
      const queue = new WaitQueue();
      const source = new Completion<number>();
      const all = allOf([source, queue]);
      source.complete(5);
      queue.wake('key');
      expect(all.children.map(({ value }) => value)).to.deep.equal([5, 'key']);
    });

    it('is refused of any other child', () => {
      const sources = [0, 1, 2].map(() => new Completion<number>());
      const children = childrenOf(...sources);
      sources[0]?.fail('e');
      sources[1]?.cancel();
      expect(children.map((child) => codeOf(() => child.value))).to.deep.equal([
        ...['ERR_NOT_DONE', 'ERR_NOT_DONE', 'ERR_NOT_DONE'],
      ]);
    });
  });

  describe('error', () => {
    it('is what it failed with, and undefined of one that did not (E5)', () => {
      const sources = [0, 1, 2].map(() => new Completion<number>());
      const children = childrenOf(...sources);
      sources[0]?.complete(1);
      sources[1]?.fail('e');
      expect(children.map(({ error }) => error)).to.deep.equal([undefined, 'e', undefined]);
    });

    it('of a cancelled one is the AbortError that its waiters are shown, whoever looks first (E5 C8)', () => {
      for (const first of ['child', 'source'] as const) {
        const source = new Completion<number>();
        const [child] = childrenOf(source) as [Child];
        source.cancel('r');
        if (first === 'source') expect(source.error).to.be.instanceOf(AbortError);
        expect((child.error as AbortError).cause).to.equal('r');
        expect(child.error).to.equal(source.error);
      }
    });

    it('of a pooled source that lives again is still that of its life (C7 E5)', () => {
      const source = new ReusableCompletion<number>();
      const [child] = childrenOf(source) as [Child];
      source.cancel('first');
      source.reset();
      source.cancel('second');
      expect((child.error as AbortError).cause).to.equal('first');
      expect((source.error as AbortError).cause).to.equal('second');
      expect([child.state, child.error === child.error]).to.deep.equal(['cancelled', true]);
    });
  });

  describe('of a loser that was let go', () => {
    it('says how it stands now (E5 E6)', () => {
      const [a, b] = [new Completion<number>(), new Completion<number>()];
      const race = firstOf([a, watch(b), new WaitQueue()]);
      a.complete(1);
      const states = [race.children[1]?.state];
      b.intercept((outcome) => outcome.hold());
      b.complete(2);
      states.push(race.children[1]?.state, race.children[2]?.state);
      expect(states).to.deep.equal(['pending', 'completing', 'pending']);
      expect([race.children[1]?.lost, race.children[1]?.error]).to.deep.equal([true, undefined]);
    });
  });
});
