import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import sinon from 'sinon';
import { allOf } from '../../lib/event/all-of.js';
import { Completion, ReusableCompletion } from '../../lib/event/completion.js';
import { hooks, uncaught } from '../../lib/event/hooks.js';
import { turns } from './support.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a program in a process of its own and tells what that said and how it ended. */
async function runAlone(program: string): Promise<{ output: string; code: number | null }> {
  const text = `import { Completion, allOf, fromPromise, hooks } from './lib/index.js';\n${program}`;
  const options = ['--import', 'tsx', '--input-type=module', '--eval', text];
  const child = spawn(process.execPath, options, { cwd: root });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { output, code };
}

describe('hooks', () => {
  describe('uncaught', () => {
    const standard = hooks.uncaught;
    afterEach(() => (hooks.uncaught = standard));

    it('is given the error as it came (C4)', () => {
      const hook = sinon.spy();
      hooks.uncaught = hook;
      const completion = new Completion();
      completion.notify(() => {
        throw 'anything';
      });
      completion.complete();
      expect(hook.args).to.deep.equal([['anything']]);
    });

    it('that throws breaks no walk: what it throws goes the host’s way (C4)', () => {
      const microtasks: (() => void)[] = [];
      const queue = sinon.stub(globalThis, 'queueMicrotask').callsFake((run) => void microtasks.push(run));
      try {
        hooks.uncaught = () => {
          throw new Error('the hook');
        };
        uncaught('e');
        expect(microtasks.length).to.equal(1);
        expect(() => microtasks[0]?.()).to.throw('the hook');
      } finally {
        queue.restore();
      }
    });

    it('by default ends in the host’s uncaught-error path, and not at whoever completed (C4)', async () => {
      const { output, code } = await runAlone(`
        process.on('uncaughtException', (error) => console.log('uncaught', error.message));
        const completion = new Completion();
        completion.notify(() => { throw new Error('a waiter'); });
        completion.notify(() => console.log('the next'));
        console.log(completion.complete());
      `);
      expect([output.trim().split('\n'), code]).to.deep.equal([['the next', 'true', 'uncaught a waiter'], 0]);
    }).timeout(30_000);
  });

  describe('a failure that nobody observes', () => {
    it('ends no process: there is no unhandled rejection (C8)', async () => {
      const { output, code } = await runAlone(`
        new Completion().fail(new Error('unobserved'));
        new Completion().cancel();
        const child = new Completion();
        allOf([child, fromPromise(Promise.reject(new Error('rejected')))]);
        child.fail(new Error('unobserved too'));
        setTimeout(() => console.log('still here'), 20);
      `);
      expect([output.trim(), code]).to.deep.equal(['still here', 0]);
    }).timeout(30_000);

    it('follows the platform’s rules once a promise was asked for (C8)', async () => {
      const { output, code } = await runAlone(`
        const completion = new Completion();
        completion.promise();
        completion.fail(new Error('nobody catches this'));
      `);
      expect(output).to.contain('nobody catches this');
      expect(code).to.equal(1);
    }).timeout(30_000);
  });

  describe('unobserved', () => {
    let seen: unknown[];
    beforeEach(() => {
      seen = [];
      hooks.unobserved = (error) => seen.push(error);
    });
    afterEach(() => (hooks.unobserved = null));

    it('is called once per failure that nobody had subscribed to a microtask later (C8)', async () => {
      const completion = new Completion<number>();
      completion.intercept((outcome) => outcome.status);
      completion.fail('e');
      expect(seen).to.deep.equal([]);
      await turns();
      expect(seen).to.deep.equal(['e']);
      completion.notify(() => undefined);
      completion.fail('again');
      await turns();
      expect(seen).to.deep.equal(['e']);
    });

    it('is not called for what somebody learnt, by whatever way (C8)', async () => {
      const ways: ((completion: Completion<number>) => unknown)[] = [
        (completion) => completion.notify(() => undefined),
        (completion) => completion.promise().catch(() => undefined),
        (completion) => completion.forward(new Completion<number>()),
        (completion) => allOf([completion]).notify(() => undefined),
      ];
      for (const learn of ways) {
        const [before, after] = [new Completion<number>(), new Completion<number>()];
        learn(before);
        before.fail('before');
        after.fail('after');
        learn(after);
      }
      const read = new Completion();
      read.fail('read');
      expect(read.error).to.equal('read');
      await turns();
      // Two targets and none of the sources: to pass a failure on is to observe it.
      expect(seen).to.deep.equal(['before', 'after']);
    });

    it('is not called for what tidies up, nor for values and cancels (C8)', async () => {
      const controller = new AbortController();
      const completion = new Completion({ signal: controller.signal });
      completion.fail('unseen');
      new Completion().complete();
      new Completion().cancel();
      await turns();
      expect(seen).to.deep.equal(['unseen']);
    });

    it('is not called for a failure of an earlier life (C7 C8)', async () => {
      const completion = new ReusableCompletion();
      completion.fail('of the earlier life');
      completion.reset();
      await turns();
      expect(seen).to.deep.equal([]);
    });

    it('may be taken away before the microtask (C8)', async () => {
      new Completion().fail('e');
      hooks.unobserved = null;
      await turns();
      expect(seen).to.deep.equal([]);
    });
  });
});
