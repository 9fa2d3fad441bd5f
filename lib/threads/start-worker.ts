import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread of this package: from the built package as it stands; from sources, which Node does not run, through
 * tsx as whoever runs them does.
 * @param name what package.json imports it by
 * @param source its TypeScript, beside the caller
 */
export function startWorker(name: string, source: URL, options: WorkerOptions): Worker {
  const own = { ...options, execArgv: [] };
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(import.meta.resolve(name)), own);
  const url = JSON.stringify(source);
  return new Worker(`import('tsx/esm/api').then(({ register }) => { register(); return import(${url}); })`, {
    ...own,
    eval: true,
  });
}
