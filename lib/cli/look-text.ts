import type { DeviceLook } from '../stack/index.js';
import type { Superblock } from '../io/index.js';
import { bytesText } from './numbers.js';

/** What there is to know of a stack, a line for each device. */
export function lookText(look: DeviceLook): string {
  return linesOf(look, 0).join('\n');
}

function linesOf(look: DeviceLook, depth: number): string[] {
  const { type, file, size, blockSize, error, lowers, superblock, array } = look;
  const about = [
    size === null || blockSize === null ? null : `${bytesText(size)} in blocks of ${String(blockSize)}`,
    superblock === null ? null : memberText(superblock),
    error,
  ].filter((text) => text !== null);
  const line = `${'  '.repeat(depth)}${type}${file === null ? '' : ` ${file}`}: ${about.join('; ')}`;
  const facts = array === null ? [] : superblockText(array).map((text) => `${'  '.repeat(depth + 1)}${text}`);
  return [line, ...facts, ...lowers.flatMap((lower) => linesOf(lower, depth + 1))];
}

function memberText({ index, generation, sequence }: Superblock): string {
  return `member ${String(index)}, generation ${String(generation)}, stored ${String(sequence)} times`;
}

/** What a superblock says of its array. */
export function superblockText(superblock: Superblock): string[] {
  const { role, uuid, states, rebuilt, chunk, regionSize, dataStart, dataSize, dirty } = superblock;
  const members = states.map((state, i) => {
    const at = state === 'rebuilding' ? ` (${bytesText(rebuilt[i] ?? 0)} of ${bytesText(dataSize)})` : '';
    return `${String(i)} ${state}${at}`;
  });
  const marked = dirty.reduce((sum, byte) => sum + bitsIn(byte), 0);
  return [
    `${role} ${uuid}: ${members.join(', ')}`,
    `data from ${String(dataStart)} on, ${bytesText(dataSize)} on each member` +
      (chunk > 0 ? `, chunks of ${bytesText(chunk)}` : '') +
      `; ${String(marked)} regions of ${bytesText(regionSize)} are being written`,
  ];
}

function bitsIn(byte: number): number {
  let bits = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) bits++;
  return bits;
}
