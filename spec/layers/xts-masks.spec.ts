import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { Seeded } from '../../lib/io/seeded.js';
import { BLOCK_BYTES, masksOfThread, MOST_SECTORS, SECTOR_SIZE, type Masks } from '../../lib/layers/xts-masks.js';

const BLOCKS = SECTOR_SIZE / BLOCK_BYTES;
const MODULUS = (1n << 128n) | 0x87n;

/** A tweak times x, again and again: the masks of a sector by the book. */
function masksOf(tweak: Uint8Array): Uint8Array {
  const masks = new Uint8Array(SECTOR_SIZE);
  let mask = tweak.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
  for (let block = 0; block < BLOCKS; block++) {
    for (let i = 0; i < BLOCK_BYTES; i++) masks[block * BLOCK_BYTES + i] = Number((mask >> BigInt(8 * i)) & 0xffn);
    mask <<= 1n;
    if (mask >> 128n === 1n) mask ^= MODULUS;
  }
  return masks;
}

describe('masksOfThread', () => {
  it('XORs into each sector its tweak times the powers of x (I1)', () => {
    const { sectors, tweaks, apply } = masksOfThread() as Masks;
    const random = new Seeded(3);
    for (let i = 0; i < tweaks.length; i++) tweaks[i] = random.next() * 256;
    // Bits that are carried from half to half, and out.
    tweaks.set(new Uint8Array(BLOCK_BYTES).fill(255), 0);
    tweaks.set([0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0, 0], BLOCK_BYTES);
    tweaks.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128], 2 * BLOCK_BYTES);
    const before = Uint8Array.from({ length: sectors.length }, () => random.next() * 256);
    sectors.set(before);
    apply(MOST_SECTORS);
    for (let sector = 0; sector < MOST_SECTORS; sector++) {
      const masks = masksOf(tweaks.subarray(sector * BLOCK_BYTES, (sector + 1) * BLOCK_BYTES));
      const at = sector * SECTOR_SIZE;
      const expected = masks.map((byte, i) => byte ^ (before[at + i] as number));
      expect(Buffer.compare(sectors.subarray(at, at + SECTOR_SIZE), expected), `sector ${sector}`).to.equal(0);
    }
    apply(MOST_SECTORS);
    expect(Buffer.compare(sectors, before)).to.equal(0);
  });

  it('works on sectors from the first on, four at a time', () => {
    const { sectors, tweaks, apply } = masksOfThread() as Masks;
    tweaks.fill(1);
    for (const [count, masked] of [
      [1, 4],
      [4, 4],
      [5, 8],
      [16, 16],
    ] as const) {
      sectors.fill(0);
      apply(count);
      for (let sector = 0; sector < MOST_SECTORS; sector++) {
        expect(sectors[sector * SECTOR_SIZE], `sector ${sector} of ${count}`).to.equal(sector < masked ? 1 : 0);
      }
      expect(sectors.subarray(masked * SECTOR_SIZE).some((byte) => byte !== 0)).to.equal(false);
    }
  });

  it('is one for all in a thread', () => {
    expect(masksOfThread()).to.equal(masksOfThread());
  });

  it('is null where there is no WebAssembly, and sectors are ciphered without', () => {
    const program = `
      const { masksOfThread } = await import('./lib/layers/xts-masks.ts');
      const { Xts } = await import('./lib/layers/xts.ts');
      const bytes = Uint8Array.from({ length: 12288 }, (_, i) => i >> 5);
      const xts = new Xts(Uint8Array.from({ length: 64 }, (_, i) => i));
      xts.sectors(true, bytes, 0, bytes, 0, bytes.length, 0);
      xts.sectors(false, bytes, 0, bytes, 0, bytes.length, 0);
      console.log(masksOfThread(), bytes.every((byte, i) => byte === ((i >> 5) & 255)));`;
    const args = ['--jitless', '--import', 'tsx', '--input-type=module', '--eval', program];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stdout).to.equal('null true\n');
  });
});
