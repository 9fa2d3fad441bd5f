import { countBytes } from './bytes.js';
import { FULL, QUICK, timeCase } from './harness.js';
import { rows } from './rows.js';

/** One case in a process of its own: its timing or its bytes, as JSON. See main.ts. */
const [what, name, size, quick] = process.argv.slice(2);
const row = rows.find((each) => each.name === name);
if (row === undefined) throw new Error(`No row is named ${String(name)}`);
const n = Number(size);
const figures = what === 'bytes' ? await countBytes(row, n) : await timeCase(row, n, quick === 'quick' ? QUICK : FULL);
process.stdout.write(JSON.stringify(figures));
