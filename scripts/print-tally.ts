/** Prints the counts that tally-reporter recorded: the closing line of a test run all of whose steps passed. */
import { readFileSync } from 'node:fs';

interface Tally {
  passes: number;
  failures: number;
  pending: number;
}

const { passes, failures, pending } = JSON.parse(readFileSync('coverage/tally.json', 'utf8')) as Tally;
const skipped = pending > 0 ? `, ${pending} skipped` : '';
console.log(`\n${passes} passed, ${failures} failed${skipped}`);
if (failures > 0 || passes === 0) process.exitCode = 1;
