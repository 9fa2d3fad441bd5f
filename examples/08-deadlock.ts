/**
 * Five philosophers, five forks: each takes the fork on the left, then the one on the right. Who waits for whom is asked of
 * the program while it is stuck, one of them is told to give up, and all have eaten.
 * Run it: npx tsx examples/08-deadlock.ts
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Mutex } from 'wakechain';
import { describe, explain, findCycles, recordWaits, task } from 'wakechain/debug';

using _recording = recordWaits();
const names = ['Anna', 'Bert', 'Carl', 'Dora', 'Erik'];
const forks = names.map((name) => describe(new Mutex(), `left of ${name}`));
const patience = names.map(() => new AbortController());

async function dine(name: string, seat: number): Promise<void> {
  const [left, right] = [forks[seat], forks[(seat + 1) % forks.length]] as [Mutex, Mutex];
  using _left = await left.acquire();
  await turn(); // to think; meanwhile the others take their left forks
  using _right = await right.acquire({ signal: (patience[seat] as AbortController).signal });
  console.log(`${name} eats`);
}

const meals = names.map((name, seat) => task(name, () => dine(name, seat)));
await turn();
await turn();

for (const cycle of findCycles()) {
  console.log(`a circle of ${String(cycle.members.length)}:`);
  console.log(String(cycle));
}
console.log(explain(forks[0] as Mutex, { depth: 2 }).replace(/ for \d+ ms.*/g, ''));

(patience[2] as AbortController).abort('Carl is not that hungry');
const ends = await Promise.allSettled(meals);
console.log(
  ends.filter(({ status }) => status === 'fulfilled').length,
  'have eaten, circles left:',
  findCycles().length,
);
