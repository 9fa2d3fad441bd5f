import type { BlockDevice } from '../../lib/io/device.js';
import type { PagePool } from '../../lib/io/pages.js';

export const BLOCK = 512;

/** A block that tells which write it is of, and where it belongs. */
export function stamp(id: number, block: number): Uint8Array {
  const words = new Uint32Array(BLOCK / 4);
  for (let i = 0; i < words.length; i += 2) {
    words[i] = id;
    words[i + 1] = block;
  }
  return new Uint8Array(words.buffer);
}

/** Which write each block holds. A block that was never written is all zeroes. */
export async function readIds(device: BlockDevice, pool: PagePool): Promise<number[]> {
  const pages = pool.allocate(device.size);
  await device.read(pages.range(0, device.size), { position: 0 });
  const bytes = pages.bytes(0, device.size);
  pages.free();
  const words = new Uint32Array(bytes.buffer);
  const perBlock = BLOCK / 4;
  return Array.from({ length: device.size / BLOCK }, (_, block) => {
    const id = words[block * perBlock] as number;
    for (let i = 0; i < perBlock; i += 2) {
      const at = block * perBlock + i;
      if (words[at] !== id || words[at + 1] !== (id === 0 ? 0 : block)) return -1;
    }
    return id;
  });
}
