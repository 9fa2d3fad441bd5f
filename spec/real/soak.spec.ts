import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seed } from '../conformance/random.js';
import { soak, type SoakTally } from './soak.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const newTally = (): SoakTally => ({ programs: 0, operations: 0, faults: 0, badSectors: 0, rewritten: 0, cancels: 0, timeouts: 0, rebuilds: 0, lostMembers: 0, scrubs: 0, reopened: 0 }); // prettier-ignore

describe('soak', function () {
  this.timeout(120_000);
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'wakechain-soak-'))));
  after(() => rmSync(folder, { recursive: true }));

  it(`loses no byte in random stacks under random load (I1, I4, I5, I8), seed ${String(seed)}`, async () => {
    const tally = newTally();
    for (let own = seed; own < seed + 8; own++) await soak({ seed: own, folder, tally });
    expect([tally.programs, tally.operations > 100, tally.faults > 10, tally.cancels > 10]).to.deep.equal([8, true, true, true]); // prettier-ignore
  });

  it('notices a byte that a disk has lost, and names the seed and the stack', async () => {
    const messages: string[] = [];
    for (let own = 1; messages.length === 0 && own < 50; own++) {
      await soak({ seed: own, folder, tally: newTally(), lose: true }).catch((error: unknown) => messages.push((error as Error).message)); // prettier-ignore
    }
    expect(messages[0]).to.match(
      /^seed \d+, .*: (read \d+\+\d+ found \d+ at \d+, not \d+|a scrub of (mirror|parity) found \d+ bytes that differ)$/,
    );
  });

  it('as a command ends with 1 then, and says how to run it again', async () => {
    const args = ['--import', 'tsx', 'scripts/soak.ts', '--lose', '--seed', '1', '--programs', '50'];
    const { code, out } = await new Promise<{ code: unknown; out: string }>((resolve) => {
      execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, out: stdout + stderr }),
      );
    });
    expect(code).to.equal(1);
    expect(out).to.match(/\d+ operations, \d+ faults, \d+ bad sectors.* MB retained/);
    expect(out).to.match(/npm run soak -- --seed \d+ --programs 1 --lose runs it again/);
  });
});
