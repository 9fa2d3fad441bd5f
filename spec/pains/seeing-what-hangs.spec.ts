import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe as named, explain, recordWaits, task } from '../../lib/debug/index.js';
import { allOf, Completion, fromPromise, WaitQueue } from '../../lib/index.js';

/** What users suffer whose program hangs: docs/pains.md tells the story. */
describe('a program that hangs', () => {
  it('tells all that is pending, and where each wait began (nodejs/node#51980, nodejs/node#17862, nodejs/help#744)', async () => {
    using recording = recordWaits();
    const [reply, queue] = [named(new Completion(), 'reply'), named(new WaitQueue(), 'jobs')];
    const waits = [reply.promise(), task('worker', () => queue.next())];
    expect(
      recording.waits().map((wait) => [wait.queue, wait.task && String(wait.task), wait.stack[0]?.includes('seeing')]),
    ).to.deep.equal([
      [reply, null, true],
      [queue, 'task "worker"', true],
    ]);
    reply.complete();
    queue.wake();
    await Promise.all(waits);
    expect(recording.waits()).to.deep.equal([]);
  });

  it('tells who waits for a promise that does not settle (nodejs/node#29355)', () => {
    const never = named(new Promise<never>(() => undefined), 'connected');
    const start = named(allOf([fromPromise(never)]), 'start');
    expect(explain(never)).to.contain('"connected"').and.to.contain('is waited for by CompoundEvent "start"');
    start.cancel();
  });

  it('ends with a pending await, and its waits can be asked as it does (nodejs/node#59397)', () => {
    // Without types: what is evaluated is JavaScript.
    const program = `
      import { Completion } from './lib/index.ts';
      import { describe, recordWaits, task } from './lib/debug/index.ts';
      const recording = recordWaits();
      process.on('exit', () => console.log(recording.waits().map(String).join()));
      const answer = describe(new Completion(), 'answer');
      await task('main', () => answer);
    `;
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    expect([stdout.split(' for ')[0], status]).to.deep.equal(['Completion "answer" (pending) has been waited', 13]);
  });
});
