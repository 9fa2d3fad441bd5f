import { truncate } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { IoError, Mirror, Parity, readSuperblock, type BlockDevice, type PagePool } from '../io/index.js';
import { ArgumentError } from '../wait/errors.js';
import type { DeviceDescription, Stack } from '../stack/index.js';
import { Bar } from './bar.js';
import { isRedundant, lowersOf, pathOf } from '../stack/lowers.js';
import { claimFiles } from './file-claims.js';
import { fileSize } from './file-size.js';
import { exitCodeOf, interruptible } from './interrupts.js';
import { loadStack } from './load-stack.js';
import { MadeFiles } from './made-files.js';
import { wholeNumber } from './numbers.js';
import { openDegraded } from './open-degraded.js';
import { filesOf, withStackFlags, wrongCall, type StackFlags } from './stack-flags.js';

interface Flags extends StackFlags {
  member?: number;
  spare?: string;
  force?: boolean;
}

type FileDescription = Extract<DeviceDescription, { type: 'file' }>;

/** An array of a stack, and its place in the description. */
interface Found {
  readonly array: Mirror | Parity;
  readonly path: string;
  readonly members: readonly DeviceDescription[];
}

/** `wakechain rebuild`. */
export function rebuildCommand(): Command {
  return withStackFlags(new Command('rebuild'))
    .description('put a spare in the place of a failed member of a mirror or parity, and copy everything to it')
    .option(
      '--member <n>',
      "the member's number, from 0, as `info` tells (default: the one that is not in sync)",
      wholeNumber(0),
    ) // prettier-ignore
    .option('--spare <path>', 'the file to put there, which is made if need be (default: the one that is described)')
    .option('--force', 'make its file anew where it holds something else: what is on it is lost')
    .action(run);
}

async function run(path: string | undefined, flags: Flags): Promise<void> {
  await interruptible(async (signal) => {
    await using stack = await openDegraded(path, flags);
    const found = degradedArray(stack);
    const { array } = found;
    const member = flags.member ?? array.members.findIndex(({ state }) => state !== 'in-sync');
    const state = array.members[member]?.state;
    if (state === undefined || state === 'in-sync') {
      throw wrongCall(`--member must be one that is not in sync, got ${String(member)}, ${state ?? 'no member'}`);
    }
    let spare: BlockDevice | null = null;
    // Its file stays when the array counts on it.
    const isPlaced = (): boolean =>
      array.members.some(({ device, state: now }) => device === spare && now !== 'failed');
    using made = new MadeFiles(isPlaced);
    const bar = new Bar(`rebuilding member ${String(member)}`);
    try {
      spare = await spareFor(stack, found, member, flags, made);
      signal.throwIfAborted();
      const onProgress = (done: number, total: number): void => bar.update(done, total);
      await array.rebuild(member, spare, { signal, onProgress });
      bar.stop();
      process.stdout.write(`${array.name}: member ${String(member)} is in sync, on ${spare.name}\n`);
    } catch (error) {
      bar.stop();
      if (!signal.aborted) throw error;
      process.exitCode = exitCodeOf(signal);
      process.stderr.write(
        `wakechain: interrupted; ${isPlaced() ? howToGoOn(flags) : 'no spare was put in its place'}\n`,
      );
    } finally {
      // It is closed with the stack when it has become part of it; else it has been told why not.
      if (spare !== null && !array.lowers.includes(spare)) await spare.close().catch(() => undefined);
    }
  });
}

function howToGoOn({ spare }: Flags): string {
  return `${spare === undefined ? 'the same call' : `with ${spare} in the member's place, rebuild`} goes on from there`;
}

/** The first array, from the top, that lacks a member. */
function degradedArray(stack: Stack): Found {
  const search = (description: DeviceDescription, path: string): Found | null => {
    const array = stack.at(path);
    if (isRedundant(description) && (array instanceof Mirror || array instanceof Parity) && array.degraded) {
      return { array, path, members: description.members };
    }
    for (const [i, lower] of lowersOf(description).entries()) {
      const found = search(lower, pathOf(description, path, i));
      if (found !== null) return found;
    }
    return null;
  };
  const found = search(stack.description.device, 'device');
  if (found === null) throw wrongCall('no mirror or parity of this stack lacks a member');
  return found;
}

/**
 * What goes in the member's place: what is there, out of date or half rebuilt, or else what is described and could not be
 * opened, made anew; on another file if one is named.
 */
async function spareFor(
  stack: Stack,
  { array, path, members }: Found,
  member: number,
  flags: Flags,
  made: MadeFiles,
): Promise<BlockDevice> {
  const inUse = new Set(array.members.flatMap((each) => (each.state === 'in-sync' ? [each.device] : [])));
  const opened = members.map((_, i) => stack.at(`${path}.members.${String(i)}`));
  const at = opened.findIndex((each) => !inUse.has(each ?? null));
  const description = structuredClone(members[at] ?? members[0]);
  if (description === undefined) throw wrongCall('the array has no members');
  const [own] = filesOf(description);
  const { spare } = flags;
  if (spare !== undefined && own === undefined) throw wrongCall('--spare names a file, and the members are on none');
  const isOther = spare !== undefined && own !== undefined && resolve(spare) !== resolve(own.path);
  const there = isOther ? undefined : (array.members[member]?.device ?? opened[at]);
  if (there !== undefined) return there;
  if (isOther) own.path = spare;
  const open = async (): Promise<BlockDevice> => spareOn(stack, array, description, members, flags.force === true);
  // A member's own file was claimed with the stack, unless it is not there.
  if (own !== undefined && (isOther || (await fileSize(own.path)) === null)) await claimFiles([own.path], made);
  return open();
}

/** Opens a spare on its file, which is there and claimed: one that is empty, or may be made so, is made as large as others. */
async function spareOn(
  { description: { strategy }, pool }: Stack,
  array: Mirror | Parity,
  device: DeviceDescription,
  members: readonly DeviceDescription[],
  force: boolean,
): Promise<BlockDevice> {
  const { openStack, rehearse } = await loadStack();
  const [own] = filesOf(device);
  const length = own === undefined ? null : await fileSize(own.path);
  if (own !== undefined && (!length || force)) {
    await describeSize(own, members);
    if (length) await (await rehearse({ strategy, device }, { pool })).close();
    await truncate(own.path, 0);
  } else delete own?.size;
  const { top } = await openStack({ strategy, device }, { pool });
  try {
    // One that is empty holds zeroes when it has its size, which is what every layer takes for blank.
    if (!length || force || (await belongs(top, array, pool))) return top;
    throw new ArgumentError('ERR_EXISTS', `${own?.path ?? top.name} exists and is not empty: --force makes it anew`);
  } catch (error) {
    await top.close();
    throw error;
  }
}

/** Gives a file that is to be made the size of the largest that is there: members may lack room, and need not fill it. */
async function describeSize(file: FileDescription, members: readonly DeviceDescription[]): Promise<void> {
  for (const { path } of members.flatMap(filesOf)) {
    const length = await fileSize(path);
    if (length) file.size = Math.max(file.size ?? 0, length);
  }
}

/** Whether a spare has been a member of the array. */
async function belongs(spare: BlockDevice, { uuid }: Mirror | Parity, pool: PagePool): Promise<boolean> {
  try {
    return (await readSuperblock(spare, pool))?.uuid === uuid;
  } catch (error) {
    if (error instanceof IoError) return false;
    throw error;
  }
}
