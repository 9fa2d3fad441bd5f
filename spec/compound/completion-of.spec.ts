import { expect } from 'chai';
import { completionOf } from '../../lib/compound/completion-of.js';
import { Completion } from '../../lib/event/completion.js';
import { watch } from '../../lib/event/waitable.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { codeOf } from '../event/support.js';

describe('completionOf', () => {
  it('is a completion itself, and one of anything else', async () => {
    const completion = new Completion<number>();
    const queue = new WaitQueue();
    const next = completionOf(queue);
    queue.wake('key');
    expect([completionOf(completion) === completion, next.value]).to.deep.equal([true, 'key']);
    expect(await completionOf(Promise.resolve(1)).promise()).to.equal(1);
    const watching = completionOf(watch(completion));
    watching.cancel();
    expect(completion.state).to.equal('pending');
    expect(codeOf(() => completionOf(1 as never))).to.equal('ERR_WAITABLE');
  });
});
