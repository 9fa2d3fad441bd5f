import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sinon from 'sinon';
import { PagePool } from '../lib/io/pages.js';
import { RequestQueue } from '../lib/io/request-queue.js';
import { Cache } from '../lib/layers/cache.js';
import { CacheLines } from '../lib/layers/cache-lines.js';
import { FaultyDevice } from './conformance/faulty-device.js';
import { leaves, leftBehind } from './leaks.js';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('the leak check after every spec', () => {
  const pages = new PagePool().allocate(4096);

  it('sees headers that wait, requests in flight and the pages that they pin', () => {
    const disk = new FaultyDevice();
    const queue = new RequestQueue(disk, { depth: 1, name: 'queue' });
    const requests = [0, 512].map((position) => queue.read(pages.range(position, 512), { position }));
    expect(leftBehind()).to.deep.equal([
      '1 headers wait in lists',
      '2 requests are in flight: read 0+512 of queue, read 512+512 of queue',
      '1 page vectors are pinned',
    ]);
    for (const request of requests) request.cancel();
    expect(leftBehind()).to.deep.equal(['1 requests are in flight: read 0+512 of queue', '1 page vectors are pinned']);
    disk.answerAll();
    expect(leftBehind()).to.deep.equal([]);
  });

  it('sees a request that was timed out and has not come back, as no one else does (I9)', async () => {
    const disk = new FaultyDevice();
    const request = disk.read(pages.range(0, 512), { position: 0, timeoutMs: 1 });
    await request.promise().catch(() => undefined);
    const left = leftBehind().filter((line) => !line.includes('timers'));
    expect([request.settled, left.length]).to.deep.equal([true, 2]);
    disk.answerAll();
  });

  it('sees timers, also those of a fake clock that is put away', () => {
    const timer = setTimeout(() => undefined, 1000);
    expect(leftBehind()).to.deep.equal(['1 timers are set']);
    clearTimeout(timer);
    expect(leftBehind()).to.deep.equal([]);
    const clock = sinon.useFakeTimers();
    setTimeout(() => undefined, 10);
    clock.restore();
    expect(leftBehind()).to.deep.equal(['1 timers were set on a fake clock that was put away']);
    leaves('a timer of a fake clock');
  });

  it('sees listeners on signals that have not aborted', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const listener = (): void => undefined;
    for (const { signal } of [one, other]) signal.addEventListener('abort', listener);
    expect(leftBehind()).to.deep.equal(['2 listeners wait on signals']);
    one.abort();
    other.signal.removeEventListener('abort', listener);
    expect(leftBehind()).to.deep.equal([]);
  });

  it('sees pages that a device has kept when it was closed, once no other has that pool', async () => {
    const pool = new PagePool();
    const [one, other] = [0, 1].map(
      () => new Cache(new FaultyDevice({ inline: true }), { pool, lines: 2, mode: 'back' }),
    );
    const own = pool.allocate(4096);
    await one?.write(own, { position: 0 });
    await other?.write(own, { position: 0 });
    const kept = (): string[] => leftBehind().filter((line) => line.includes('pages'));
    const drop = sinon.stub(CacheLines.prototype, 'drop');
    await one?.close();
    drop.restore();
    expect(kept()).to.deep.equal([]);
    await other?.close();
    expect(kept()).to.deep.equal(['1 kinds of pages are kept by closed devices: 1 of lib/layers/cache-lines.ts, add']);
    leaves('a line of a cache');
  });

  it('fails the spec that has left something, and no other', async function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'wakechain-'));
    try {
      const file = join(folder, 'leaking.spec.mts');
      const lib = JSON.stringify(new URL('../lib/', import.meta.url).href).slice(1, -1);
      writeFileSync(
        file,
        `import { RequestQueue } from '${lib}io/request-queue.ts';
         import { FaultyDevice } from '${new URL('conformance/faulty-device.ts', import.meta.url).href}';
         import { leaves } from '${new URL('leaks.ts', import.meta.url).href}';
         describe('x', () => {
           it('leaves a request', () => void new FaultyDevice({ name: 'disk' }).flush());
           it('leaves nothing', () => undefined);
           it('leaves nothing, but says it does', () => leaves('a reason'));
           it('leaves a timer that is soon gone', () => void setImmediate(() => clearTimeout(timer)) ?? (timer = setTimeout(() => 0, 1e6)));
           it('leaves what it says', () => (new RequestQueue(new FaultyDevice(), { depth: 1 }).flush(), leaves('a reason')));
         });
         let timer;`,
      );
      const { code, out } = await new Promise<{ code: unknown; out: string }>((resolve) => {
        const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
        execFile(
          process.execPath,
          [mocha, '--reporter', 'tap', '--extension', 'mts', file],
          { cwd: root },
          (error, stdout, stderr) => resolve({ code: error?.code ?? 0, out: stdout + stderr }),
        );
      });
      const failed = [...out.matchAll(/^not ok \d+ (.*)$/gm)].map(([, title]) => title);
      expect([code, failed]).to.deep.equal([2, ['x leaves a request', 'x leaves nothing, but says it does']]);
      expect(out).to.include('Left behind: 1 requests are in flight: flush 0+0 of disk');
      expect(out).to.include('Nothing was left behind: a reason');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
