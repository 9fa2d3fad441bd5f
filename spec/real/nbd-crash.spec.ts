import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PagePool } from '../../lib/io/index.js';
import { NbdDevice } from '../../lib/nbd/index.js';
import { Random, seed } from '../conformance/random.js';
import { bundleCrashChild } from './crash.js';
import type { NbdCrashTask } from './nbd-crash-child.js';
import { check, Load, noToll, type Write } from './power-loss.js';
import { startUntil, type Running } from './programs.js';
import { readIds } from './stamps.js';

/** In all; `npm run crash` has more. */
const ROUNDS = Number(process.env['WAKECHAIN_SERVER_KILLS'] ?? 50);
const SIZE = 64 * 512;

const stacks: readonly Pick<NbdCrashTask, 'stack' | 'paths'>[] = [
  { stack: 'file', paths: ['a'] },
  { stack: 'mirror', paths: ['a', 'b'] },
  { stack: 'write-back cache', paths: ['a'] },
];

describe('after its server was killed, on real files', function () {
  this.timeout(20_000 + ROUNDS * 3000);
  const pool = new PagePool();
  let program = '';
  let folder = '';
  let server: Running | null = null;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wakechain-nbd-crash-'));
    program = await bundleCrashChild(folder, 'nbd-crash-child');
  });
  after(async () => {
    await server?.stop('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  /** A server of a stack, and a client of it. */
  async function up(task: NbdCrashTask): Promise<NbdDevice> {
    await rm(task.socket, { force: true });
    let started: Running | null = null;
    server = started = await startUntil(process.execPath, [program, JSON.stringify(task)], (output) =>
      output.includes('ready'),
    );
    expect(started.pid).to.be.greaterThan(0);
    return NbdDevice.open(`nbd+unix:///?socket=${task.socket}`, { connectMs: 5000 });
  }

  for (const [i, { stack, paths }] of stacks.entries()) {
    const rounds = Math.ceil((ROUNDS - i) / stacks.length);
    it(`${stack}: a client finds what it was told is stable (I7), ${String(rounds)} rounds`, async () => {
      const random = new Random(seed + i);
      const files = paths.map((name) => join(folder, `${String(i)}${name}`));
      for (const file of files) {
        await writeFile(file, '');
        await truncate(file, SIZE + 8192);
      }
      const toll = noToll();
      const task = { stack, paths: files, socket: join(folder, 's') };
      let candidates: Write[][] | null = null;
      let nextId = 1;
      for (let round = 0; round <= rounds; round++) {
        const client = await up({ ...task, create: round === 0 });
        if (candidates !== null) {
          const ids = await readIds(client, pool);
          check(ids, candidates, stack, seed, toll);
          // What is there now is all that is certain.
          candidates = ids.map((id) => [{ id, acknowledged: true }]);
        }
        candidates ??= Array.from({ length: client.size / 512 }, () => [{ id: 0, acknowledged: true }]);
        const load: Load = new Load(client, pool, random, candidates, toll, nextId);
        for (let step = 5 + random.below(60); step > 0; step--) {
          load.submit();
          // Now and then long enough for answers to come.
          if (random.chance(30)) await new Promise<void>((resolve) => setTimeout(resolve, random.below(4)));
        }
        if (load.busy) toll.inFlight++;
        await server?.stop('SIGKILL');
        await client.close();
        nextId = load.next;
        toll.rounds++;
      }
      console.log(`      seed ${String(seed)}: ${JSON.stringify(toll)}`);
      expect(toll.inFlight).to.be.greaterThan(rounds / 4);
      expect(toll.flushes).to.be.greaterThan(rounds / 4);
      expect(toll.fua).to.be.greaterThan(rounds / 4);
    });
  }
});
