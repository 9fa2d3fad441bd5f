/*
 * Run by walk.spec.ts in a process of its own: prints by how many bytes the heap grows while queues are woken a million times. The heap
 * is read every so often; it never shrinks unless a collection came in between, and that is reported as such.
 */
import { PASS, WaitEntry, WOKEN } from '../../lib/wait/entry.js';
import { link } from '../../lib/wait/link.js';
import { WaitQueue } from '../../lib/wait/queue.js';

/** Three functions that answer WOKEN and one that answers PASS; none can be left out as useless. */
const tallies = [0, 1, 2, 3].map(() => ({ calls: 0 }));
const functions = tallies.map((tally, index) => (): number => {
  tally.calls++;
  return index === 3 ? PASS : WOKEN;
});

function queueOf(shared: number, exclusive: number): WaitQueue {
  const queue = new WaitQueue();
  for (let index = 0; index < shared + exclusive; index++) {
    const entry = new WaitEntry(functions[index % functions.length] ?? ((): number => PASS));
    if (index < shared) queue.add(entry);
    else queue.addExclusive(entry);
  }
  return queue;
}

function linked(length: number): WaitQueue {
  const queue = queueOf(1, 0);
  if (length > 1) link(queue, linked(length - 1));
  return queue;
}

/** The parts are few, because reading the heap allocates too. */
const PARTS = 20;

function grownBy(wake: () => unknown): number | 'collected' {
  const part = (): void => {
    for (let count = 0; count < 1_000_000 / PARTS; count++) wake();
  };
  for (let count = 0; count < PARTS / 2; count++) part();
  globalThis.gc?.();
  let before = process.memoryUsage().heapUsed;
  let grown = 0;
  for (let count = 0; count < PARTS; count++) {
    part();
    const now = process.memoryUsage().heapUsed;
    if (now < before) return 'collected';
    grown += now - before;
    before = now;
  }
  return grown;
}

const ten = queueOf(6, 4);
const one = queueOf(1, 0);
const chain = linked(10);

console.log(
  JSON.stringify({
    'ten entries': grownBy(() => ten.wake('key', 2)),
    'ten entries, all': grownBy(() => ten.wakeAll('key')),
    'one entry': grownBy(() => one.wake('key')),
    'ten queues linked in a row': grownBy(() => chain.wake('key')),
  }),
);
