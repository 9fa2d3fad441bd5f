/**
 * Kills processes that write through stacks on real files, and looks what is left: the rounds of spec/real/crash.spec.ts
 * and of nbd-crash.spec.ts, as many as asked for, and ten times as many cuts of nbd-durability.spec.ts. Usage: npm run crash -- [--rounds N] [--seed N]
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, seed: { type: 'string' } } });
const { rounds, seed } = values;
if (!(Number(rounds) >= 11) || (seed !== undefined && !Number.isSafeInteger(Number(seed)))) {
  throw new TypeError(`--rounds is a number from 11 up, --seed a whole number, got ${rounds} and ${String(seed)}`);
}
const env = {
  ...process.env,
  WAKECHAIN_CRASHES: rounds,
  WAKECHAIN_SERVER_KILLS: rounds,
  WAKECHAIN_WIRE_CUTS: String(10 * Number(rounds)),
  ...(seed !== undefined && { WAKECHAIN_SEED: seed }),
};
const specs = ['crash', 'nbd-crash', 'nbd-durability'].map((name) => `spec/real/${name}.spec.ts`);
const { status } = spawnSync(process.execPath, ['node_modules/mocha/bin/mocha.js', ...specs], {
  env,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
