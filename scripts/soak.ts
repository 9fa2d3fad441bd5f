/**
 * Runs random stacks under random load with faults, bad sectors, cancels, timeouts, rebuilds and scrubs, against an array of bytes, until the
 * time is up or the first byte is lost; then it exits with 1 and prints how to run that again.
 * Usage: npm run soak -- [--minutes N] [--programs N] [--seed N] [--every SECONDS] [--lose]
 * `--lose` makes disks lose bytes and say nothing, to show that this is noticed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { soak, type SoakTally } from '../spec/real/soak.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    programs: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    every: { type: 'string', default: '10' },
    lose: { type: 'boolean', default: false },
  },
});
const [minutes, programs, first, every] = [values.minutes, values.programs, values.seed, values.every].map(Number) as [
  number,
  number,
  number,
  number,
];
if (!(minutes > 0) || !(programs > 0) || !Number.isSafeInteger(first) || !(every > 0)) {
  throw new TypeError('--minutes, --programs and --every are numbers above 0, --seed is a whole number');
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const tally: SoakTally = {
  programs: 0,
  operations: 0,
  faults: 0,
  badSectors: 0,
  rewritten: 0,
  cancels: 0,
  timeouts: 0,
  rebuilds: 0,
  lostMembers: 0,
  scrubs: 0,
  reopened: 0,
};
const folder = mkdtempSync(join(tmpdir(), 'wakechain-soak-'));
let seed = first;
process.on('uncaughtException', stop);

const end = Date.now() + minutes * 60_000;
let report = Date.now() + every * 1000;
try {
  for (; Date.now() < end && tally.programs < programs; seed++) {
    await soak({ seed, folder, tally, lose: values.lose });
    if (Date.now() < report) continue;
    print();
    report = Date.now() + every * 1000;
  }
  print();
  rmSync(folder, { recursive: true });
} catch (error) {
  stop(error);
}

function print(): void {
  collect();
  const counts = Object.entries(tally).map(
    ([what, count]) => `${count} ${what.replace(/([A-Z])/, ' $1').toLowerCase()}`,
  );
  console.log(`${counts.join(', ')}, ${(process.memoryUsage().heapUsed / 1e6).toFixed(1)} MB retained`);
}

function stop(error: unknown): never {
  rmSync(folder, { recursive: true, force: true });
  print();
  console.error(error);
  const lose = values.lose ? ' --lose' : '';
  console.error(
    `npm run soak -- --seed ${seed} --programs 1${lose} runs it again; timers and threads may take another turn`,
  );
  process.exit(1);
}
