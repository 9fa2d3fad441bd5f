/**
 * Sends random clients to an NBD server, at length: `npm run fuzz -- --minutes 10`; with `--client` honest ones, to whom
 * its words come mangled. Each is made by a seed; after each hundred nothing of theirs may be left. What goes wrong names
 * the seed, and `--seed N` begins there.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzClientOnce } from '../spec/nbd/fuzz-client.js';
import { checkLine, fuzzedServer, fuzzOnce } from '../spec/nbd/fuzz.js';
import { until } from '../spec/nbd/support.js';

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, client: { type: 'boolean' } },
});
const minutes = Number(values.minutes ?? 1);
const first = Number(values.seed ?? Date.now() % 0x7fffffff);
if (!(minutes > 0) || !Number.isSafeInteger(first)) {
  console.error('usage: npm run fuzz -- [--client] [--minutes N] [--seed N]');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'wakechain-fuzz-'));
const path = join(folder, 'fuzz.sock');
let expelled = 0;
let seed = first;
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
process.once('uncaughtException', (error) => {
  console.error(`seeds ${seed} to ${seed + 99}:`, error);
  process.exit(1);
});

const once = (own: number): Promise<void> =>
  values.client === true ? fuzzClientOnce(path, join(folder, `${own}.sock`), own) : fuzzOnce(path, own);
const server = fuzzedServer((line) => {
  checkLine(line);
  expelled++;
});
await server.listen({ path });
console.log(`from seed ${first}, for ${minutes} minutes`);
for (const end = Date.now() + minutes * 60_000; Date.now() < end; seed += 100) {
  await Promise.all(Array.from({ length: 100 }, (_, i) => once(seed + i)));
  await until(() => server.connections === 0 && server.bytesInFlight === 0);
}
const { requests, errors } = server.figures;
console.log(`${seed - first} clients, ${requests} requests, ${errors} refused or failed, ${expelled} lines in the log`);
await server.close();
