import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { READ } from '../../lib/devices/transfer-thread.js';
import { CAPACITY } from '../../lib/threads/ring.js';
import { startWorker } from '../../lib/threads/start-worker.js';
import { WorkThread } from '../../lib/threads/work-thread.js';

/** Here with the work of a file: what is read from it is the task's. */
describe('WorkThread', () => {
  let folder = '';
  let path = '';
  let fd = -1;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'wakechain-thread-'));
    path = join(folder, 'file');
    writeFileSync(
      path,
      Uint8Array.from({ length: 1 << 16 }, (_, i) => i >> 8),
    );
    fd = openSync(path, 'r');
  });
  let worker: Worker;
  let thread: WorkThread;
  const memory = new SharedArrayBuffer(4096, { maxByteLength: 1 << 20 });
  const bytes = new Uint8Array(memory);

  beforeEach(() => {
    thread = new WorkThread((ring) => {
      worker = startWorker('#devices/file-thread', { workerData: { ring, own: fd } });
      return worker;
    });
  });
  afterEach(() => thread.close());
  after(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  const ask = (number: number, told: (result: number) => void): boolean => {
    const place = thread.numberOf(memory);
    if (place === undefined) throw new Error('not shared');
    return thread.ask({ answered: told }, READ, place, number, place, number, 1, number * 256);
  };

  it('works in memory that both have, answers in order and later, and takes no more than fits', async () => {
    const answers: number[] = [];
    await new Promise<void>((resolve) => {
      for (let number = 0; number < CAPACITY; number++) {
        const taken = ask(number, () => {
          answers.push(number);
          if (answers.length === CAPACITY) resolve();
        });
        expect(taken).to.equal(true);
      }
      expect(ask(0, () => undefined)).to.equal(false);
      expect([answers.length, thread.underWay]).to.deep.equal([0, CAPACITY]);
    });
    expect(answers).to.deep.equal(Array.from({ length: CAPACITY }, (_, i) => i));
    expect([...bytes.subarray(0, CAPACITY)]).to.deep.equal(answers);
    expect(thread.underWay).to.equal(0);
  });

  it('follows memory that grows, and knows none that cannot be shared', async () => {
    expect(thread.numberOf(new ArrayBuffer(8))).to.equal(undefined);
    await new Promise((resolve) => ask(1, resolve));
    memory.grow(1 << 16);
    const place = thread.numberOf(memory) ?? NaN;
    const result = await new Promise((resolve) =>
      thread.ask({ answered: resolve }, READ, place, 0, place, 8192, 4096, 256 * 200),
    );
    expect(result).to.equal(4096);
    expect(bytes[8192 + 300]).to.equal(201);
  });

  it('tells those who wait when the thread has ended, and takes nothing after that', async () => {
    const told = new Promise((resolve) => ask(7, resolve));
    const exited = worker.terminate();
    const result = await told;
    await exited;
    // It may have been quick enough to answer.
    expect(result === 1 || Number.isNaN(result)).to.equal(true);
    expect(thread.numberOf(memory)).to.equal(undefined);
    expect(thread.ask({ answered: () => undefined }, READ, 0, 0, 0, 0, 1, 0)).to.equal(false);
    expect(thread.underWay).to.equal(0);
    await thread.close();
  });

  it('is given 16 memories and no more, for it keeps them, and none once it has ended', async () => {
    const [some, others] = [0, 16].map((first) => Array.from({ length: 16 }, () => new SharedArrayBuffer(8 + first)));
    expect(some?.map((each) => thread.numberOf(each))).to.deep.equal(Array.from({ length: 16 }, (_, i) => i));
    expect(others?.some((each) => thread.numberOf(each) !== undefined)).to.equal(false);
    expect(thread.numberOf(some?.[15] as SharedArrayBuffer)).to.equal(15);
    await thread.close();
    expect(thread.numberOf(some?.[15] as SharedArrayBuffer)).to.equal(undefined);
  });

  for (const many of [3, CAPACITY])
    it(`answers all ${String(many)} that it was asked before it is closed, and takes nothing meanwhile (I9)`, async () => {
      const answers: number[] = [];
      for (let number = 0; number < many; number++) ask(number, (result) => answers.push(result));
      const closed = [thread.close(), thread.close()];
      expect(thread.numberOf(memory)).to.equal(undefined);
      expect(thread.ask({ answered: () => undefined }, READ, 0, 0, 0, 0, 1, 0)).to.equal(false);
      await Promise.all(closed);
      expect(answers).to.deep.equal(new Array(many).fill(1));
      expect(thread.underWay).to.equal(0);
    });

  it('warns of what a thread has ended with', async () => {
    const warned = once(process, 'warning');
    const broken = new WorkThread(() => new Worker('throw new Error("it cannot work")', { eval: true }));
    const told = new Promise((resolve) => broken.ask({ answered: resolve }, READ, 0, 0, 0, 0, 1, 0));
    const [warning] = (await warned) as [Error];
    expect(warning.message).to.equal('it cannot work');
    expect(Number.isNaN(await told)).to.equal(true);
    await broken.close();
  });

  it('keeps the process alive while it is being closed, used before or not, and not while it is idle', () => {
    const lines = [
      `const { FileDevice, PagePool } = await import('./lib/io/index.ts');`,
      `const open = () => FileDevice.open(${JSON.stringify(path)}, { readOnly: true, thread: true });`,
      `const [used, fresh, left] = [await open(), await open(), await open()];`,
      `for (const device of [used, left]) await device.read(new PagePool().allocate(4096), { position: 0 });`,
      `await used.close();`,
      `await fresh.close();`,
      `console.log('closed');`,
    ];
    const args = ['--import', 'tsx', '--input-type=module', '--eval', lines.join('\n')];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
    expect([status, stdout]).to.deep.equal([0, 'closed\n']);
  });
});
