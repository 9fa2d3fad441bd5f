/** Races long-lived sources again and again, and prints what that has left: listeners, and bytes of heap per race. */
import { EventEmitter } from 'node:events';
import { fromEmitter, firstOf, fromPromise, fromSignal, Completion } from '../../lib/index.js';

const races = Number(process.argv[2]);
const collect = globalThis.gc as () => void;
const never = new Promise<never>(() => undefined);
const { signal } = new AbortController();
const emitter = new EventEmitter();
const warnings: string[] = [];
process.on('warning', (warning) => warnings.push(warning.name));

function race(count: number): void {
  for (let i = 0; i < count; i++) {
    const winner = new Completion<number>();
    // Every other time through their adapters, which are completions of their own.
    const sources = i % 2 === 0 ? [never, signal] : [fromPromise(never), fromSignal(signal)];
    const first = firstOf([...sources, fromEmitter(emitter, 'event'), winner]);
    winner.complete(i);
    if (first.value !== i) throw new Error('the winner did not win');
  }
}

function heap(): number {
  for (let i = 0; i < 4; i++) collect();
  return process.memoryUsage().heapUsed;
}

race(20_000);
const before = heap();
race(races);
await new Promise((resolve) => setImmediate(resolve));
const left = heap() - before;
// They would otherwise be collected before they are measured.
const listeners = emitter.eventNames().length;
console.log(JSON.stringify({ races, bytesPerRace: Math.round((left / races) * 100) / 100, listeners, warnings }), typeof never, signal.aborted); // prettier-ignore
