import { Worker, type WorkerOptions } from 'node:worker_threads';
import { StateError } from '../wait/errors.js';

/**
 * Starts a thread of this package: from the built package as it stands; from sources, which Node does not run, through
 * tsx as whoever runs them does. No URL of the file is written out here: a bundler would look for it where there is none.
 * @param name what package.json imports it by, which is its path in lib/ behind a `#`
 * @throws StateError `ERR_THREAD_FILE` in a bundle of a program, which has not got the file
 */
export function startWorker(name: `#${string}`, options: WorkerOptions): Worker {
  const own = { ...options, execArgv: [] };
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(fileOf(name)), own);
  const url = JSON.stringify(`${import.meta.url.replace(/threads\/[^/]*$/, name.slice(1))}.ts`);
  return new Worker(`import('tsx/esm/api').then(({ register }) => { register(); return import(${url}); })`, {
    ...own,
    eval: true,
  });
}

function fileOf(name: string): string {
  try {
    return import.meta.resolve(name);
  } catch (cause) {
    const message = `the file of a thread, ${name}, is not here: wakechain must stay outside of a bundle (external) for its threads`;
    throw Object.assign(new StateError('ERR_THREAD_FILE', message), { cause });
  }
}
