import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { seed } from '../conformance/random.js';
import { bundleCrashChild, crash, noCrashToll } from './crash.js';
import { crashStacks } from './crash-stacks.js';

/** `npm run crash -- --rounds 200` runs as many in all. */
const ROUNDS = Number(process.env['WAKECHAIN_CRASHES'] ?? 20);

describe('after its process was killed, on real files', function () {
  this.timeout(10_000 + ROUNDS * 3000);
  const toll = noCrashToll();
  let folder: string;
  let program: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wakechain-crash-program-'));
    program = await bundleCrashChild(folder);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const [i, stack] of crashStacks.entries()) {
    const rounds = Math.ceil((ROUNDS - i) / crashStacks.length);
    const kept = stack.volatile === true ? 'what a flush or fua acknowledged' : 'every write that was acknowledged';
    it(`${stack.name} opens as it was, has ${kept}, and works on (I7, I8), ${String(rounds)} rounds`, async () => {
      for (let round = 0; round < rounds; round++) await crash(program, stack, seed + round * 7919, toll);
    });
  }

  it('has been killed at moments that matter', () => {
    const { rounds, ...happened } = toll;
    console.log(`      seed ${String(seed)}, ${String(rounds)} rounds: ${JSON.stringify(happened)}`);
    expect(rounds).to.equal(ROUNDS);
    // A load that never flushes, and a process that is always idle when it is killed, would prove nothing.
    expect(toll.inFlight, 'kills with requests in flight').to.be.greaterThan(rounds / 2);
    expect(toll.writes, 'writes').to.be.greaterThan(rounds * 5);
    expect(toll.flushes, 'flushes').to.be.greaterThan(rounds / 4);
  });
});
