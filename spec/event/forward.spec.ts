import { expect } from 'chai';
import { Completion, ReusableCompletion } from '../../lib/event/completion.js';
import { forward } from '../../lib/event/forward.js';
import { hooks } from '../../lib/event/hooks.js';
import { AbortError } from '../../lib/wait/errors.js';
import { codeOf, noteSettling, ownerOf, turns } from './support.js';

const million = 1_000_000;

describe('forward', () => {
  const pair = (): [Completion<number>, Completion<number>] => [new Completion<number>(), new Completion<number>()];

  it('passes each outcome on, a cancel with the same error (C8)', () => {
    for (const settle of ['complete', 'fail', 'cancel'] as const) {
      const [source, target] = pair();
      source.forward(target);
      source[settle](1);
      expect([target.state, target.error]).to.deep.equal([source.state, source.error]);
      expect([source.size, target.size]).to.deep.equal([0, 0]);
    }
  });

  it('passes on what has settled before, and a target that has settled is left alone (C1)', () => {
    const [source, target] = pair();
    source.complete(1);
    source.forward(target);
    expect(target.value).to.equal(1);
    const [late, settled] = pair();
    settled.complete(2);
    late.forward(settled);
    expect([late.size, ownerOf(late), settled.value]).to.deep.equal([0, null, 2]);
  });

  it('passes a cancel of the target on to the source, which it follows (C5 E3)', () => {
    const [source, target] = pair();
    const trace: string[] = [];
    noteSettling(trace, 'source', source);
    noteSettling(trace, 'target', target);
    source.forward(target);
    expect(target.cancel('r')).to.equal('cancelled');
    expect(trace).to.deep.equal(['source cancelled', 'target cancelled']);
    expect((source.error as AbortError).cause).to.equal('r');
    expect(target.error).to.equal(source.error);
  });

  it('waits for a source that must be left to finish (C5 E7)', () => {
    const [source, target] = pair();
    source.onCancel(() => false);
    source.forward(target);
    expect([target.cancel(), target.state]).to.deep.equal(['requested', 'pending']);
    source.complete(3);
    expect(target.value).to.equal(3);
  });

  it('with own: false lets the source go (E3)', () => {
    const [source, target] = pair();
    source.forward(target, { own: false });
    expect([target.cancel(), target.state, source.state]).to.deep.equal(['cancelled', 'cancelled', 'pending']);
    expect([source.size, ownerOf(source)]).to.deep.equal([0, null]);
  });

  it('with own: false still brings the outcome to a target that must be left to finish (C5)', () => {
    const [source, target] = pair();
    source.forward(target, { own: false });
    target.onCancel(() => false);
    expect(target.cancel()).to.equal('requested');
    source.complete(4);
    expect(target.value).to.equal(4);
  });

  it('owns a source once; a second target watches it (E3)', () => {
    const [source, first] = pair();
    const second = new Completion<number>();
    source.forward(first);
    source.forward(second);
    expect(ownerOf(source)).to.equal(first);
    expect([second.cancel(), source.state]).to.deep.equal(['cancelled', 'pending']);
    source.complete(1);
    expect(first.value).to.equal(1);
  });

  it('leaves nothing on a source whose target settled otherwise, and frees it for another owner (E3 E6)', () => {
    const [source, target] = pair();
    source.forward(target);
    target.complete(9);
    expect([source.size, ownerOf(source), source.state]).to.deep.equal([0, null, 'pending']);
  });

  it('settles the target as soon as the source’s waiter returns, in order (C6)', () => {
    const [source, target] = pair();
    const trace: string[] = [];
    source.notify(() => trace.push('source 1'));
    source.forward(target);
    noteSettling(trace, 'target', target);
    source.notify(() => trace.push('source 2'));
    source.complete(1);
    expect(trace).to.deep.equal(['source 1', 'target done', 'source 2']);
  });

  it('brings the outcome to a target that a layer has taken back (C3)', () => {
    const [source, target] = pair();
    target.intercept((outcome) => {
      if (outcome.status === 'failed') outcome.rearm();
    });
    source.forward(target);
    source.fail('e');
    const again = new Completion<number>();
    again.forward(target);
    again.complete(5);
    expect([target.epoch, target.value]).to.deep.equal([1, 5]);
  });

  it('refuses a completion forwarded to itself', () => {
    const [source] = pair();
    expect(codeOf(() => forward(source, source))).to.equal('ERR_FORWARD');
  });

  it('observes a failure that it passes on (C8)', async () => {
    const seen: unknown[] = [];
    hooks.unobserved = (error) => seen.push(error);
    try {
      const [source, target] = pair();
      source.fail('e');
      source.forward(target);
      expect(target.error).to.equal('e');
      await turns(1);
      expect(seen).to.deep.equal([]);
    } finally {
      hooks.unobserved = null;
    }
  });

  describe('a chain of a million', () => {
    const chain = (): ReusableCompletion<number>[] => {
      const links = Array.from({ length: million }, () => new ReusableCompletion<number>());
      for (let i = 1; i < million; i++) links[i - 1]?.forward(links[i] as ReusableCompletion<number>);
      return links;
    };

    it('completes upwards without recursion (W7)', () => {
      const links = chain();
      links[0]?.complete(6);
      expect(links.every((link) => link.value === 6 && link.size === 0)).to.equal(true);
    }).timeout(60_000);

    it('is cancelled downwards without recursion (W7 C5)', () => {
      const links = chain();
      expect(links.at(-1)?.cancel('r')).to.equal('cancelled');
      expect(links.every(({ state }) => state === 'cancelled')).to.equal(true);
    }).timeout(60_000);
  });
});
