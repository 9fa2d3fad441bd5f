import { randomBytes } from 'node:crypto';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { ArgumentError } from '../wait/errors.js';
import type { DeviceDescription, StackDescription } from '../stack/index.js';
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
  const files = filesOf(description.device);
  for (const file of files) {
    if (file.readOnly === true) throw wrongCall(`${file.path} is to be read only: nothing can be made on it`);
    if (file.size !== undefined || (await fileSize(file.path)) !== null) continue;
    throw wrongCall(`${file.path} is not there: give it a size`);
  }
  const made = await claimFiles(files.map((file) => file.path), { make: true }); // prettier-ignore
  const keys: string[] = [];
  try {
    const lost = await whatIsLost(description.device);
    if (lost !== null && flags.force !== true) throw new ArgumentError('ERR_EXISTS', lost);
    for (const key of await missingKeys(description.device)) {
      await writeFile(key, randomBytes(64), { mode: 0o600, flag: 'wx' });
      keys.push(key);
    }
    await fill(description, lost !== null);
  } catch (error) {
    for (const file of [...made, ...keys]) await rm(file, { force: true });
    throw error;
  }
  for (const key of keys) process.stderr.write(`wakechain: made the key ${key}: without it the data cannot be read\n`);
  const { lookAt } = await loadStack();
  process.stdout.write(`${lookText(await lookAt(description))}\n`);
}

/** Makes a stack on its files, all of which are there. What would be lost is only given up for a stack that can be had. */
async function fill(description: StackDescription, isLost: boolean): Promise<void> {
  const { openStack, rehearse } = await loadStack();
  if (isLost) await (await rehearse(description, { create: true })).close();
  for (const { path, size } of filesOf(description.device)) await empty(path, size);
  // Whatever they are made of, they hold zeroes: nothing has to be copied to make members agree.
  await (await openStack(description, { create: true, blank: true })).close();
}

/** Makes a file one of zeroes, as long as it was or is to be. */
async function empty(path: string, size: number | undefined): Promise<void> {
  const length = size ?? (await fileSize(path)) ?? 0;
  await truncate(path, 0);
  await truncate(path, length);
}

/** What a new stack on these devices would write over, and how that is allowed; null when they hold nothing. */
async function whatIsLost(device: DeviceDescription): Promise<string | null> {
  for (const each of devicesOf(device)) {
    // Nothing tells whether somebody needs what a server holds.
    if (each.type === 'nbd') return `what ${each.uri} holds would be lost: --force says that it may be`;
    if (each.type === 'file' && (await fileSize(each.path))) {
      return `${each.path} exists and is not empty: --force makes it anew`;
    }
  }
  return null;
}

async function missingKeys(device: DeviceDescription): Promise<string[]> {
  const missing = new Set<string>();
  for (const each of devicesOf(device)) {
    const { keyFile } = each.type === 'crypt' ? each : {};
    if (keyFile !== undefined && (await fileSize(keyFile)) === null) missing.add(keyFile);
  }
  return [...missing];
}
