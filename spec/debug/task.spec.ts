import { expect } from 'chai';
import { currentTask, followTasks, runAs, Task, task } from '../../lib/debug/task.js';

describe('task', () => {
  afterEach(() => followTasks(false));

  it('only calls its body while nothing is recorded', () => {
    expect(task('anna', () => currentTask())).to.equal(null);
    expect(currentTask()).to.equal(null);
  });

  it('is known in all that its body awaits, beside others', async () => {
    followTasks(true);
    const names = async (): Promise<string[]> => {
      const first = String(currentTask());
      await new Promise((resolve) => setImmediate(resolve));
      return [first, String(currentTask())];
    };
    const both = await Promise.all([task('anna', names), task('bert', names)]);
    expect(both).to.deep.equal([
      ['task "anna"', 'task "anna"'],
      ['task "bert"', 'task "bert"'],
    ]);
    expect(currentTask()).to.equal(null);
  });

  it('hands on what its body answers or throws', () => {
    followTasks(true);
    expect(task('anna', () => 5)).to.equal(5);
    expect(() => task('anna', () => { throw new RangeError('thrown'); })).to.throw('thrown'); // prettier-ignore
    expect(currentTask()).to.equal(null);
  });

  it('tells what it is part of without recursion', () => {
    let deep = new Task('task "anna"', null);
    for (let i = 0; i < 20_000; i++) deep = new Task('the run of Mutex', deep);
    expect(String(deep).split(' in ').length).to.equal(20_001);
  });

  it('of a lock’s run is part of the one outside', () => {
    followTasks(true);
    const outer = new Task('task "anna"', null);
    const inner = new Task('the run of Mutex', outer);
    expect(runAs(outer, () => runAs(inner, () => [currentTask(), String(currentTask())]))).to.deep.equal([
      inner,
      'the run of Mutex in task "anna"',
    ]);
  });
});
