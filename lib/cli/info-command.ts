import { Command } from 'commander';
import { FileDevice, PagePool, readSuperblock, type Superblock } from '../io/index.js';
import type { DeviceLook } from '../stack/index.js';
import { isJson } from './is-json.js';
import { loadStack } from './load-stack.js';
import { lookText, superblockText } from './look-text.js';
import { bytesText } from './numbers.js';
import { describedBy, withStackFlags, wrongCall, type StackFlags } from './stack-flags.js';

interface Flags extends StackFlags {
  json?: boolean;
}

/** `wakechain info`. */
export function infoCommand(): Command {
  return withStackFlags(new Command('info'))
    .description('tell what a stack, or a single backing file, is made of, and what state it is in; changes nothing')
    .option('--json', 'print it as JSON')
    .action(run);
}

async function run(path: string | undefined, flags: Flags): Promise<void> {
  if (path !== undefined && !(await isJson(path))) {
    const { file, layers, size, keyFile } = flags;
    if ((file ?? layers ?? size ?? keyFile) !== undefined) {
      throw wrongCall('name either a backing file alone, or --file with --layers');
    }
    await tellFile(path, flags.json === true);
    return;
  }
  const { lookAt } = await loadStack();
  const look = await lookAt(await describedBy(path, flags));
  process.stdout.write(flags.json === true ? `${JSON.stringify(look, plainBytes, 2)}\n` : `${lookText(look)}\n`);
  if (hasError(look)) process.exitCode = 1;
}

/** A backing file alone: what is written on it as a member of an array, by itself or below a `checksum`. */
async function tellFile(path: string, json: boolean): Promise<void> {
  await using device = await FileDevice.open(path, { readOnly: true });
  const { size } = device;
  const superblock: Superblock | null = size < 8192 ? null : await readSuperblock(device, new PagePool());
  if (json) process.stdout.write(`${JSON.stringify({ file: path, size, superblock }, plainBytes, 2)}\n`);
  else {
    const lines =
      superblock === null
        ? ['no superblock']
        : [`member ${String(superblock.index)} of this array:`, ...superblockText(superblock)];
    process.stdout.write(`${path}: ${bytesText(size)}\n${lines.map((line) => `  ${line}`).join('\n')}\n`);
  }
}

function hasError({ error, lowers }: DeviceLook): boolean {
  return error !== null || lowers.some(hasError);
}

/** Bytes as hex digits: the map of dirty regions. */
function plainBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array
    ? Buffer.from(value)
        .toString('hex')
        .replace(/(00)+$/, '')
    : value;
}
