import { expect } from 'chai';
import { EMPTY, of } from 'rxjs';
import { allOf, anyOf, Completion, firstOf } from '../../lib/index.js';
import { fromObservable } from '../../lib/rxjs/index.js';

/** What users suffer who wait for several things at once: docs/pains.md tells the stories. */
describe('waiting for all of several things', () => {
  it('gives an empty list of values for an empty list, where forkJoin ends without a word (ReactiveX/rxjs#2816, ReactiveX/rxjs#5561)', async () => {
    expect(await allOf([])).to.deep.equal([]);
  });

  it('fails when one source ends without a value, and says so (ReactiveX/rxjs#3246, ReactiveX/rxjs#2427, ReactiveX/rxjs#7266)', () => {
    const all = allOf([fromObservable(of('a value')), fromObservable(EMPTY)]);
    expect([all.state, (all.error as { code: string }).code]).to.deep.equal(['failed', 'ERR_EMPTY']);
    expect(all.children.map(({ state }) => state)).to.deep.equal(['done', 'failed']);
  });

  it('says that nothing can come of a choice among nothing, where a race hangs (ReactiveX/rxjs#5561)', () => {
    expect(String(anyOf([]).error)).to.contain('has no child');
    expect(firstOf([]).state).to.equal('failed');
  });

  it('cancels the rest at the first failure when it is asked to, which Promise.all is believed to do (tc39/proposal-promise-allSettled#28)', () => {
    const [first, second] = [new Completion(), new Completion()];
    const cancelling = allOf([first, second], { onFailure: 'cancel' });
    first.fail(new Error('refused'));
    expect([cancelling.state, second.state]).to.deep.equal(['failed', 'cancelled']);
  });

  it('else waits for the rest and tells what became of each (tc39/proposal-promise-allSettled#28)', () => {
    const [first, second] = [new Completion<string>(), new Completion<string>()];
    const waiting = allOf([first, second]);
    first.fail(new Error('refused'));
    expect([waiting.state, second.state]).to.deep.equal(['pending', 'pending']);
    second.complete('came');
    expect([waiting.state, waiting.error]).to.deep.equal(['failed', first.error]);
    expect(waiting.children.map(({ state }) => state)).to.deep.equal(['failed', 'done']);
    expect(waiting.children[1]?.value).to.equal('came');
  });
});
