import { randomBytes } from 'node:crypto';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { ArgumentError } from '../wait/errors.js';
import type { DeviceDescription } from '../stack/index.js';
import { devicesOf } from '../stack/lowers.js';
import { claimFiles } from './file-claims.js';
import { fileSize } from './file-size.js';
import { loadStack } from './load-stack.js';
import { lookText } from './look-text.js';
import { describedBy, filesOf, withStackFlags, wrongCall, type StackFlags } from './stack-flags.js';

interface Flags extends StackFlags {
  force?: boolean;
}

/** `wakechain create`. */
export function createCommand(): Command {
  return withStackFlags(new Command('create'))
    .description('make the files of a stack, the superblocks and checksums on them, and a key where there is none')
    .option('--force', 'make them anew where they exist: what is on them is lost')
    .action(run);
}

async function run(path: string | undefined, flags: Flags): Promise<void> {
  const description = await describedBy(path, flags);
  const { openStack, lookAt } = await loadStack();
  const files = filesOf(description.device);
  await claimFiles(files.map((file) => file.path));
  const [server] = serversOf(description.device);
  if (server !== undefined && flags.force !== true) {
    throw new ArgumentError('ERR_EXISTS', `what ${server} holds would be lost: --force says that it may be`);
  }
  const made: string[] = [];
  for (const file of files) {
    const size = await fileSize(file.path);
    if (size === null) made.push(file.path);
    if (size === null && file.size === undefined) throw wrongCall(`${file.path} is not there: give it a size`);
    if (size === null || size === 0 || flags.force === true) continue;
    throw new ArgumentError('ERR_EXISTS', `${file.path} exists and is not empty: --force makes it anew`);
  }
  for (const keyFile of await missingKeys(description.device)) {
    await writeFile(keyFile, randomBytes(64), { mode: 0o600, flag: 'wx' });
    process.stderr.write(`wakechain: made the key ${keyFile}: without it the data cannot be read\n`);
  }
  try {
    for (const { path: file, size } of files) if (!made.includes(file)) await empty(file, size);
    // Whatever they are made of, they hold zeroes: nothing has to be copied to make members agree.
    await (await openStack(description, { create: true, blank: true })).close();
  } catch (error) {
    for (const file of made) await rm(file, { force: true });
    throw error;
  }
  process.stdout.write(`${lookText(await lookAt(description))}\n`);
}

/** Makes a file one of zeroes, as long as it was or is to be. */
async function empty(path: string, size: number | undefined): Promise<void> {
  const length = size ?? (await fileSize(path)) ?? 0;
  await truncate(path, 0);
  await truncate(path, length);
}

/** Exports of servers that a stack stands on: nothing tells whether somebody needs what they hold. */
function serversOf(device: DeviceDescription): string[] {
  return devicesOf(device).flatMap((each) => (each.type === 'nbd' ? [each.uri] : []));
}

async function missingKeys(device: DeviceDescription): Promise<string[]> {
  const missing = new Set<string>();
  for (const each of devicesOf(device)) {
    const { keyFile } = each.type === 'crypt' ? each : {};
    if (keyFile !== undefined && (await fileSize(keyFile)) === null) missing.add(keyFile);
  }
  return [...missing];
}
