import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * What is asked of a server: requests of `bs` bytes at random places, or all of the disk
 * copied, from it or to it from a file, again and again until the time is up.
 */
export type Load =
  | { readonly rw: 'randread' | 'randwrite'; readonly bs: string; readonly depth: number }
  | { readonly copy: 'from' | 'to' };

/** How much a server does: requests per second, or bytes. More is better. */
export async function measure(uri: string, load: Load, source: string, size: number, ms: number): Promise<number> {
  if ('copy' in load) {
    const begin = performance.now();
    let copies = 0;
    do {
      await run('nbdcopy', load.copy === 'from' ? [uri, 'null:'] : [source, uri]);
      copies++;
    } while (performance.now() - begin < ms);
    return ((size * copies) / (performance.now() - begin)) * 1000;
  }
  const { rw, bs, depth } = load;
  const args = [
    '--name=load',
    '--ioengine=nbd',
    `--uri=${uri}`,
    `--rw=${rw}`,
    `--bs=${bs}`,
    `--iodepth=${String(depth)}`,
  ];
  const until = ['--time_based', `--runtime=${String(ms)}ms`, `--size=${String(size)}`, '--output-format=json'];
  const { stdout } = await run('fio', [...args, ...until], { cwd: tmpdir() });
  const { jobs } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
    jobs: { error: number; read: { iops: number }; write: { iops: number } }[];
  };
  const [job] = jobs;
  if (job === undefined || job.error !== 0) throw new Error(`fio failed: ${stdout}`);
  return job.read.iops + job.write.iops;
}
