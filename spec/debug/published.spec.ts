import { expect } from 'chai';
import sinon from 'sinon';
import { descriptionOf, describe as named } from '../../lib/debug/description.js';
import { explain } from '../../lib/debug/explain.js';
import { findCycles } from '../../lib/debug/find-cycles.js';
import type { PendingWait } from '../../lib/debug/pending-wait.js';
import { recordWaits } from '../../lib/debug/recording.js';
import { task } from '../../lib/debug/task.js';
import { allOf, Channel, Completion, firstOf, Mutex, Semaphore, acquireAll } from '../../lib/index.js';

/* What wakechain/debug does in every host, also one that follows no task past its first await: run in browsers too. */
describe('wakechain/debug', () => {
  it('describes, and finds completions that wait for each other, with nothing recorded', () => {
    const page = named(new Completion<unknown>(), 'page');
    const all = named(allOf([page, new Completion()]), 'parts') as Completion<unknown>;
    all.forward(page);
    expect(descriptionOf(page)).to.equal('page');
    expect(findCycles(page).map(String)).to.deep.equal([
      'Completion "page" waits for CompoundEvent "parts"\nCompoundEvent "parts" waits for Completion "page"',
    ]);
  });

  it('knows who holds and who waits, where each began, and what a branch took', async () => {
    using _recording = recordWaits();
    const [accounts, tapes] = [named(new Mutex(), 'accounts'), named(new Semaphore(1), 'tapes')];
    const [hold, tape] = [await task('anna', () => accounts.acquiring().promise()), await task('bert', () => acquireAll([tapes]))]; // prettier-ignore
    const choice = firstOf([accounts.acquiring(), new Channel().receiving()]);
    const waiting = task('carl', () => choice.promise()).catch(() => undefined);
    expect(explain(accounts).replace(/ for \d+ ms,? ?.*$/, '').split('\n')).to.deep.equal([
      'Mutex "accounts"',
      '  is held by task "anna"',
      '  is waited for by Taking of Mutex "accounts": pending',
      '    is waited for by CompoundEvent: pending, 0 of 2 settled',
      '      is waited for by a promise in task "carl"',
    ]); // prettier-ignore
    expect(explain(tapes)).to.equal('Semaphore "tapes"\n  is held by task "bert"');
    choice.cancel();
    await waiting;
    hold.release();
    tape.release();
  });

  it('finds who takes what it holds', () => {
    using _recording = recordWaits();
    const mutex = named(new Mutex(), 'mine');
    const patience = new AbortController();
    task('anna', () => {
      void mutex.tryAcquire();
      mutex.acquire({ signal: patience.signal }).catch(() => undefined);
    });
    expect(findCycles().map(String)).to.deep.equal([
      'task "anna" waits for Mutex "mine"\nMutex "mine" is held by task "anna"',
    ]);
    patience.abort();
  });

  it('reports what hangs, with the place', () => {
    const clock = sinon.useFakeTimers();
    try {
      const reports: PendingWait[] = [];
      using recording = recordWaits({ hungAfterMs: 1000, report: (wait) => reports.push(wait) });
      const choice = firstOf([new Channel().receiving(), new Completion()]);
      void task('anna', () => choice.promise()).catch(() => undefined);
      clock.tick(1000);
      const [first = '', second = '', ...places] = String(reports[0]).split('\n');
      expect([reports.length, recording.waits().length]).to.deep.equal([1, 1]);
      expect(first).to.equal('CompoundEvent (pending, 0 of 2 settled) has been waited for in task "anna" for 1000 ms');
      expect(second.trim()).to.equal('it stands on Completion, Channel');
      expect(places.length).to.be.greaterThan(0);
      choice.cancel();
      expect(recording.waits()).to.deep.equal([]);
    } finally {
      clock.restore();
    }
  });
});
