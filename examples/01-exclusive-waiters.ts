/**
 * A wait queue. A wake calls every shared entry, and exclusive ones until as many of them were woken as it asks for.
 * Run it: npx tsx examples/01-exclusive-waiters.ts
 */
import { PASS, WaitEntry, WaitQueue, waitUntil, WOKEN } from 'wakechain';

const jobs = new WaitQueue();

// Exclusive: one job wakes one worker. `once` takes a worker off the queue when it was woken.
const busy = new Set(['bert']);
for (const name of ['anna', 'bert', 'carl']) {
  const worker = new WaitEntry(
    (_entry, job) => {
      if (busy.has(name)) return PASS; // not counted: the next one gets its chance
      console.log(`  ${name} takes ${String(job)}`);
      return WOKEN;
    },
    { once: true },
  );
  jobs.addExclusive(worker);
}

// Shared: it came last, stands in front of the workers all the same, and stays.
jobs.add(
  new WaitEntry((_entry, job) => {
    console.log(`  the log notes ${String(job)}`);
    return WOKEN;
  }),
);

for (const job of ['job 1', 'job 2', 'job 3']) {
  console.log(`wake with ${job}`);
  const woken = jobs.wake(job);
  console.log(`  woken: ${woken}, still queued: ${jobs.size}`);
}

// The same with promises. The condition runs inside the wake and claims what it tests: no token is promised twice.
const bell = new WaitQueue();
let tokens = 0;
const takeToken = (): boolean => tokens > 0 && tokens-- > 0;

const impatient = new AbortController();
const waits = [
  waitUntil(bell, takeToken, { exclusive: true }),
  waitUntil(bell, takeToken, { exclusive: true, signal: impatient.signal }),
  waitUntil(bell, takeToken, { exclusive: true }),
];
impatient.abort(new Error('waited long enough'));

tokens = 2;
console.log(`two tokens, woken: ${bell.wake(undefined, 2)}`);
for (const [index, wait] of (await Promise.allSettled(waits)).entries()) {
  console.log(`  waiter ${index + 1}: ${wait.status}`);
}
