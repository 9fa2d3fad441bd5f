import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { allOf } from '../../lib/event/all-of.js';
import { Completion, ReusableCompletion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { CANCEL, SETTLE } from '../../lib/wait/keys.js';
import { watch } from '../../lib/event/waitable.js';
import { WaitQueue } from '../../lib/wait/queue.js';

type Library = typeof import('../../lib/index.js');

describe('the keys', () => {
  it('are two symbols that every copy of the package shares (C5)', () => {
    expect(SETTLE).to.not.equal(CANCEL);
    expect([SETTLE, CANCEL]).to.deep.equal([Symbol.for('wakechain.settle'), Symbol.for('wakechain.cancel')]);
  });

  describe('with two copies of the package in one process', () => {
    let folder: string;
    let other: Library;

    before(async function () {
      this.timeout(60_000);
      folder = mkdtempSync(join(tmpdir(), 'wakechain-copy-'));
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      const lib = fileURLToPath(new URL('../../lib', import.meta.url));
      for (const part of ['wait', 'event']) cpSync(join(lib, part), join(folder, 'lib', part), { recursive: true });
      const index = join(folder, 'lib', 'index.ts');
      writeFileSync(index, "export * from './wait/index.js';\nexport * from './event/index.js';\n");
      other = (await import(pathToFileURL(index).href)) as Library;
    });

    after(() => rmSync(folder, { recursive: true, force: true }));

    it('are two: the classes differ', () => {
      expect(other.Completion).to.not.equal(Completion);
      expect(new other.Completion()).to.not.be.instanceOf(Completion);
    });

    it('recognise each other’s completions, compounds, queues and watches (E1)', () => {
      const [completion, queue] = [new other.Completion<number>(), new other.WaitQueue()];
      expect([ReusableCompletion.is(completion), WaitQueue.is(queue)]).to.deep.equal([true, true]);
      const watched = new other.Completion<string>();
      const nested = other.allOf([new other.Completion<number>()]);
      const all = allOf([completion, queue, other.watch(watched), nested] as never);
      completion.complete(1);
      queue.wake('key');
      watched.complete('watched');
      (nested.children[0]?.source as Completion<number>).complete(2);
      expect(all.value).to.deep.equal([1, 'key', 'watched', [2]]);
    });

    it('cancel each other’s children, and wait for them (E3 E7)', () => {
      const mine = new Completion<number>();
      const theirs = new other.Completion<number>();
      const inner = other.allOf([theirs, mine as never]);
      const outer = firstOf([inner as never, watch(new Completion())]);
      theirs.onCancel(() => false);
      expect(outer.cancel('r')).to.equal('requested');
      expect([mine.state, theirs.state, inner.state, outer.state]).to.deep.equal([
        ...['cancelled', 'pending', 'pending', 'pending'],
      ]);
      theirs.complete(1);
      expect([inner.state, outer.state]).to.deep.equal(['cancelled', 'cancelled']);
    });

    it('forward to each other and own each other once (E3)', () => {
      const [source, target] = [new Completion<number>(), new other.Completion<number>()];
      source.forward(target);
      expect(target.cancel('r')).to.equal('cancelled');
      expect(source.state).to.equal('cancelled');
      const owned = new other.Completion<number>();
      other.allOf([owned]);
      expect(() => allOf([owned as never])).to.throw('owner');
    });
  });
});
