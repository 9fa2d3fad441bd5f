import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { countBytes } from './bytes.js';
import { measureGrowth } from './growth.js';
import { FULL, QUICK, timeCase } from './harness.js';
import type { Contender, Row } from './row.js';
import { rows } from './rows.js';

/** One case in a process of its own: its timing or its bytes, as JSON. See main.ts. */
const [what, name, size, effort, against] = process.argv.slice(2);
process.stdout.write(JSON.stringify(what === 'growth' ? await measureGrowth() : await measureRow(Number(size))));

async function measureRow(n: number): Promise<unknown> {
  const row = await rowToMeasure();
  return what === 'bytes' ? countBytes(row, n) : timeCase(row, n, effort === 'quick' ? QUICK : FULL);
}

async function rowToMeasure(): Promise<Row> {
  const found = rows.find((each) => each.name === name);
  if (found === undefined) throw new Error(`No row is named ${String(name)}`);
  if (against === undefined) return found;
  const url = pathToFileURL(`${resolve(against)}/bench/`);
  const old = (await import(new URL('rows.js', url).href)) as { rows: Row[] };
  const { effects } = (await import(new URL('effects.js', url).href)) as { effects: Int32Array };
  const before = (old.rows.find((each) => each.name === name)?.contenders ?? [])
    .filter(({ role }) => role.startsWith('ours'))
    .map((each): Contender => ({ ...each, role: 'before', name: `before: ${each.name}`, effects }));
  return { ...found, contenders: [...found.contenders, ...before] };
}
