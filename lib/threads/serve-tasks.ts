import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { emptyTask, Ring, type Task } from './ring.js';
import { END, type WorkData } from './work-thread.js';

/** Does a task between the memories it names, and returns what the asker is told. What it throws ends the thread. */
type Work = (task: Readonly<Task>, from: Uint8Array, to: Uint8Array) => number;

/** What a thread that a `WorkThread` has started runs, until it is ended. @param begin makes the work of what the thread was given */
export function serveTasks(begin: (own: unknown) => Work): void {
  const { ring: memory, own } = workerData as WorkData;
  const work = begin(own);
  const ring = new Ring(memory);
  const memories: Uint8Array[] = [];
  const task = emptyTask();
  for (;;) {
    ring.take(task);
    if (task.kind === END) {
      ring.answer(task.number, 0, 0);
      return;
    }
    const begun = performance.now();
    const result = work(task, memoryOf(memories, task.from), memoryOf(memories, task.to));
    ring.answer(task.number, result, performance.now() - begun);
  }
}

/** A memory by its number. It was sent before the first task that names it, and grows as it does with those who share it. */
function memoryOf(memories: Uint8Array[], number: number): Uint8Array {
  for (;;) {
    const known = memories[number];
    if (known !== undefined) return known;
    const received = parentPort === null ? undefined : receiveMessageOnPort(parentPort);
    if (received === undefined) throw new Error(`Memory ${String(number)} was not sent`);
    memories.push(new Uint8Array(received.message as SharedArrayBuffer));
  }
}
