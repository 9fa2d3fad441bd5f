import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { Command } from 'commander';
import { IoError } from '../io/index.js';
import { ArgumentError } from '../wait/errors.js';
import type { DeviceDescription, StackDescription } from '../stack/index.js';
import { devicesOf } from '../stack/lowers.js';
import { isBlockDevice } from '../devices/block-device.js';
import { arraysOf } from './arrays-of.js';
import { claimFiles } from './file-claims.js';
import { fileSize } from './file-size.js';
import { holdingsOf } from './holdings.js';
import { exitCodeOf, interruptible } from './interrupts.js';
import { loadStack } from './load-stack.js';
import { lookText } from './look-text.js';
import { MadeFiles } from './made-files.js';
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
    // It is as large as it is.
    if (await isBlockDevice(file.path)) delete file.size;
    if (file.readOnly === true) throw wrongCall(`${file.path} is to be read only: nothing can be made on it`);
    if (file.size !== undefined || (await fileSize(file.path)) !== null) continue;
    throw wrongCall(`${file.path} is not there: give it a size`);
  }
  await interruptible(async (signal) => {
    using made = new MadeFiles();
    const lost: string[] = [];
    // Nothing has to be brought to an end, and how long it may take nobody knows.
    const quit = (): never => {
      process.stderr.write(`wakechain: interrupted; ${leftOf(made.remove(), lost)}\n`);
      process.exit(exitCodeOf(signal));
    };
    signal.addEventListener('abort', quit);
    try {
      await makeStack(description, flags.force === true, made, lost);
    } catch (error) {
      if (lost.length > 0) process.stderr.write(`wakechain: it failed; ${leftOf(made.remove(), lost)}\n`);
      throw error;
    } finally {
      signal.removeEventListener('abort', quit);
    }
  });
  const { lookAt } = await loadStack();
  process.stdout.write(`${lookText(await lookAt(description))}\n`);
}

/** Makes a stack, its files and keys; what is lost by that is added to `lost` before it is. */
async function makeStack(
  description: StackDescription,
  force: boolean,
  made: MadeFiles,
  lost: string[],
): Promise<void> {
  const { device } = description;
  await claimFiles(
    filesOf(device).map((file) => file.path),
    made,
  );
  const held = await holdingsOf(device);
  const [first] = held;
  if (first !== undefined && !force) throw new ArgumentError('ERR_EXISTS', first.refusal);
  const keys = missingKeys(device).filter((key) => made.make(key, randomBytes(64), 0o600));
  await fill(description, held.map(({ name }) => name), lost); // prettier-ignore
  made.keep();
  for (const key of keys) process.stderr.write(`wakechain: made the key ${key}: without it the data cannot be read\n`);
}

/** Makes a stack on its files, all of which are there. What would be lost is only given up for a stack that can be had. */
async function fill(description: StackDescription, held: readonly string[], lost: string[]): Promise<void> {
  const { openStack, rehearse } = await loadStack();
  if (held.length > 0) await (await rehearse(description, { create: true })).close();
  lost.push(...held);
  const asTheyAre = structuredClone(description);
  let blank = true;
  for (const file of filesOf(asTheyAre.device)) {
    if (await isBlockDevice(file.path)) blank = false;
    else await empty(file.path, file.size);
    // One that has a size is made where it is not there: an interrupt removes it, and it is not to come back.
    delete file.size;
  }
  // Whatever they are made of, files hold zeroes: nothing has to be copied to make members agree.
  await using stack = await openStack(asTheyAre, { create: true, blank });
  for (const { name, members } of arraysOf(stack.top)) {
    const failed = members.filter(({ state }) => state !== 'in-sync').map(({ device }) => device?.name);
    if (failed.length === 0) continue;
    throw new IoError('EIO', { message: `${failed.join(', ')} failed while the ${name} was made` });
  }
}

/** What is left of a stack that was not made to the end. */
function leftOf(removed: readonly string[], lost: readonly string[]): string {
  const gone = removed.length === 0 ? 'nothing had been made' : `removed what had been made: ${removed.join(', ')}`;
  return lost.length === 0 ? gone : `${gone}; what was on ${lost.join(', ')} is lost`;
}

/** Makes a file one of zeroes, as long as it was or is to be. */
async function empty(path: string, size: number | undefined): Promise<void> {
  const length = size ?? (await fileSize(path)) ?? 0;
  await truncate(path, 0);
  await truncate(path, length);
}

/** Keys that are not there; those that are may also come out of a pipe. */
function missingKeys(device: DeviceDescription): string[] {
  const keys = devicesOf(device).flatMap((each) => (each.type === 'crypt' ? [each.keyFile] : []));
  return [...new Set(keys)].filter((key) => key !== undefined).filter((key) => !existsSync(key));
}
