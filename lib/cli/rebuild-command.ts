import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { Mirror, Parity, type BlockDevice } from '../io/index.js';
import type { DeviceDescription, Stack } from '../stack/index.js';
import { Bar } from './bar.js';
import { interruptible } from './interrupts.js';
import { loadStack } from './load-stack.js';
import { wholeNumber } from './numbers.js';
import { openDegraded } from './open-degraded.js';
import { filesOf, withStackFlags, wrongCall, type StackFlags } from './stack-flags.js';

interface Flags extends StackFlags {
  member?: number;
  spare?: string;
}

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
    .action(run);
}

async function run(path: string | undefined, flags: Flags): Promise<void> {
  await interruptible(async (signal) => {
    await using stack = await openDegraded(path, flags);
    const found = await degradedArray(stack);
    const member = flags.member ?? found.array.members.findIndex(({ state }) => state !== 'in-sync');
    const spare = await spareFor(stack, found, member, flags.spare);
    const bar = new Bar(`rebuilding member ${String(member)}`);
    try {
      const onProgress = (done: number, total: number): void => bar.update(done, total);
      await found.array.rebuild(member, spare, { signal, onProgress });
      bar.stop();
      process.stdout.write(`${found.array.name}: member ${String(member)} is in sync, on ${spare.name}\n`);
    } catch (error) {
      bar.stop();
      if (!signal.aborted) throw error;
      process.exitCode = 130;
      process.stderr.write('wakechain: interrupted; the same call goes on from there\n');
    } finally {
      // It is closed with the stack when it has become part of it.
      if (!found.array.lowers.includes(spare)) await spare.close();
    }
  });
}

/** The first array, from the top, that lacks a member. */
async function degradedArray(stack: Stack): Promise<Found> {
  const { lowersOf } = await loadStack();
  const search = (description: DeviceDescription, path: string): Found | null => {
    const array = stack.at(path);
    if ((description.type === 'mirror' || description.type === 'parity') && (array instanceof Mirror || array instanceof Parity)) {
      if (array.degraded) return { array, path, members: description.members };
    } // prettier-ignore
    for (const [i, lower] of lowersOf(description).entries()) {
      const step = 'lower' in description ? 'lower' : 'members' in description ? `members.${String(i)}` : `segments.${String(i)}.device`; // prettier-ignore
      const found = search(lower, `${path}.${step}`);
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
  file: string | undefined,
): Promise<BlockDevice> {
  const { device } = array.members[member] ?? { device: null };
  if (file === undefined && device !== null) return device;
  const { openStack } = await loadStack();
  const inUse = new Set(array.members.flatMap((each) => (each.state === 'in-sync' ? [each.device] : [])));
  const opened = members.map((_, i) => stack.at(`${path}.members.${String(i)}`));
  const at = opened.findIndex((each) => !inUse.has(each ?? null));
  const outOfDate = opened[at];
  if (file === undefined && outOfDate !== undefined) return outOfDate;
  const description = structuredClone(members[at] ?? members[0]);
  if (description === undefined) throw wrongCall('the array has no members');
  const [own] = await filesOf(description);
  const [like] = await filesOf(members[at === 0 ? 1 : 0] ?? description);
  if (file !== undefined && own === undefined) throw wrongCall('--spare names a file, and the members are on none');
  if (own !== undefined && file !== undefined) own.path = file;
  if (own !== undefined && like !== undefined) own.size ??= (await stat(like.path)).size;
  // A file that is not there holds zeroes when it is made, which is what every layer takes for blank.
  const { top } = await openStack({ strategy: stack.description.strategy, device: description }, { pool: stack.pool });
  return top;
}
