import { expect } from 'chai';
import sinon from 'sinon';
import { describe as named } from '../../lib/debug/description.js';
import { isWait, PendingWait } from '../../lib/debug/pending-wait.js';
import { Task } from '../../lib/debug/task.js';
import { Completion, WaitEntry, WaitQueue, WOKEN } from '../../lib/index.js';

describe('PendingWait', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => clock.restore());

  it('tells what is waited for, for how long and by whom, until it is over', () => {
    const queue = named(new WaitQueue(), 'letters');
    const entry = new WaitEntry(() => WOKEN);
    queue.add(entry);
    const wait = new PendingWait(entry, new Task('task "anna"', null));
    clock.tick(1500);
    expect([wait.queue, wait.ageMs]).to.deep.equal([queue, 1500]);
    expect(wait.toString().split('\n')[0]).to.equal(
      'WaitQueue "letters" has been waited for in task "anna" for 1500 ms',
    );
    queue.remove(entry);
    expect(wait.queue).to.equal(null);
    expect(wait.toString()).to.contain('a wait (over)');
  });

  it('tells where it began, without the calls within the package', () => {
    function begin(): PendingWait {
      return new PendingWait(new WaitEntry(() => WOKEN), null);
    }
    const { stack, where } = begin();
    expect(stack[0]).to.contain('begin').and.to.contain('pending-wait.spec');
    expect(stack.filter((line) => line.includes('/lib/') && !line.includes('node_modules'))).to.deep.equal([]);
    expect(where).to.contain('for 0 ms, at begin');
  });

  it('leaves the depth of stacks as it was', () => {
    const { stackTraceLimit } = Error;
    new PendingWait(new WaitEntry(() => WOKEN), null);
    expect(Error.stackTraceLimit).to.equal(stackTraceLimit);
  });
});

describe('isWait', () => {
  it('knows those who wait from layers and listeners that stay', () => {
    const queue = new WaitQueue();
    void queue.next();
    queue.add(new WaitEntry(() => WOKEN));
    expect(Array.from(queue, isWait)).to.deep.equal([true, false]);
    const completion = new Completion();
    void completion.promise();
    completion.notify(() => undefined);
    completion.intercept(() => undefined);
    completion.onCancel(() => undefined);
    expect(Array.from(completion as WaitQueue, isWait)).to.deep.equal([false, false, true, true]);
  });
});
