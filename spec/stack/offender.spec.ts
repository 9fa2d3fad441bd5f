import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openStack } from '../../lib/stack/index.js';

const memory = { type: 'memory', size: 1 << 16 };

/** What is refused only by the device itself, and what the message begins with. */
const wrong: Record<string, [device: unknown, begins: RegExp]> = {
  'a size that is no multiple': [{ type: 'memory', size: 1000 }, /^device\.size \(memory\): size of memory must .*1000$/],
  'a block size': [{ type: 'memory', size: 4000, blockSize: 1000 }, /^device\.blockSize \(memory\): .*1000$/],
  'a sector size': [{ type: 'volatile', size: 8192, sectorSize: 300 }, /^device\.sectorSize \(volatile\): .*300$/],
  'a chunk below another layer': [
    { type: 'pass', lower: { type: 'stripe', members: [memory], chunk: 1000 } },
    /^device\.lower\.chunk \(stripe\): chunk must .*1000$/,
  ],
  'a segment': [
    { type: 'linear', segments: [{ device: memory }, { device: memory, start: 100 }] },
    /^device\.segments\.1 \(linear\): segments\.1 must be multiples of 512 .*start 100/,
  ],
  'an extent': [
    { type: 'loop', lower: memory, extents: [{ start: 0, length: 512 }, { start: 512, length: 1 << 20 }] }, // prettier-ignore
    /^device\.extents\.1 \(loop\): extents\.1 must .*length 1048576$/,
  ],
  'what is read ahead': [{ type: 'read-ahead', lower: memory, partBytes: 100 }, /^device\.partBytes \(read-ahead\): .*100$/],
  'threads': [{ type: 'crypt', lower: memory, keyEnv: 'PATH', threads: 2 }, /^device\.keyEnv \(crypt\): keyEnv must name a variable .*, PATH holds something else$/], // prettier-ignore
  'more threads than there may be': [{ type: 'crypt', lower: memory, keyEnv: 'WAKECHAIN_SPEC_KEY', threads: 65 }, /^device\.threads \(crypt\): threads must .*got 65$/],
  'a key that is nowhere': [{ type: 'crypt', lower: memory, keyEnv: 'NO_SUCH_KEY' }, /^device\.keyEnv \(crypt\): .*, NO_SUCH_KEY is not set$/],
  'no key': [{ type: 'crypt', lower: memory }, /^device\.keyFile \(crypt\): keyFile or keyEnv must .*got neither$/],
  'a key file': [{ type: 'crypt', lower: memory, keyFile: '/no/where' }, /^device\.keyFile \(crypt\): ENOENT.*\/no\/where/],
  'a file': [{ type: 'file', path: '/no/where' }, /^device\.path \(file\): ENOENT.*\/no\/where/],
  'what a rule has no use for': [
    { type: 'fault', lower: memory, rules: [{ kind: 'short' }, { kind: 'short', silent: true }] },
    /^device\.rules\.1\.silent \(fault\): rules\.1\.silent must .*torn, got one of kind short$/,
  ],
  'two options that exclude each other': [
    { type: 'file', path: '/no/where', thread: true, direct: true },
    /^device\.thread \(file\): thread must not be given with direct/,
  ],
  'a file without a block': [
    { type: 'file', path: '/dev/null', readOnly: true },
    /^device\.path \(file\): path must be that of a file of at least a block, 512 bytes, \/dev\/null has 0; size extends it$/,
  ],
  'a certificate that is none': [
    { type: 'nbd', uri: 'nbds://host', tls: { caFile: fileURLToPath(import.meta.url) } },
    /^device\.tls\.caFile \(nbd\): tls\.ca holds no certificate in PEM/,
  ],
  'an address': [{ type: 'nbd', uri: 'http://host' }, /^device\.uri \(nbd\): "http:\/\/host" is no NBD URI/],
  'a lower that is too small': [
    { type: 'checksum', lower: { type: 'memory', size: 512 } },
    /^device \(checksum\): Checksum needs at least 2 blocks/,
  ],
  'a device that is no member': [
    { type: 'mirror', members: [memory, memory] },
    /^device\.members\.0 \(mirror\): memory is no member of a mirror: it has no superblock$/,
  ],
}; // prettier-ignore

const refusal = (device: unknown): Promise<string> =>
  openStack({ device }).then(() => '', (error: unknown) => (error as Error).message); // prettier-ignore

describe('offenderOf', () => {
  before(() => (process.env['WAKECHAIN_SPEC_KEY'] = '01'.repeat(32) + '02'.repeat(32)));
  after(() => delete process.env['WAKECHAIN_SPEC_KEY']);

  for (const [what, [device, begins]] of Object.entries(wrong)) {
    it(`says where ${what} stands in the description (I6)`, async () => {
      expect(await refusal(device)).to.match(begins);
    });
  }

  it('says which member is of another array, or is there twice, though all are called the same (I6, I13)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wakechain-offender-'));
    try {
      // As it is best done: a checksum below each copy, and that has no name of its own.
      const member = (name: string) => ({ type: 'checksum', lower: { type: 'file', path: join(folder, name) } });
      for (const [type, count] of [
        ['mirror', 2],
        ['parity', 3],
        ['stripe', 2],
      ] as const) {
        // prettier-ignore
        const own = ['a', 'b', 'c'].slice(0, count).map(member);
        const others = ['d', 'e', 'f'].slice(0, count).map(member);
        const superblock = type === 'stripe' ? { superblock: true } : {};
        for (const members of [own, others]) {
          for (const { lower } of members) await writeFile(lower.path, new Uint8Array(1 << 18));
          await (await openStack({ device: { type, members, ...superblock } }, { create: true })).close();
        }
        const mixed = [...own.slice(0, -1), others.at(-1)];
        expect(await refusal({ type, members: mixed, ...superblock }), type).to.match(
          new RegExp(`^device\\.members\\.${String(count - 1)} \\(${type}\\): checksum (is a member of|belongs to)`),
        );
        const twice = { type, members: [...own.slice(0, -1), own[0]], ...superblock };
        expect(await refusal({ type: 'pass', lower: twice }), type).to.match(
          new RegExp(`^device\\.lower\\.members\\.${String(count - 1)} \\(${type}\\): checksum (and|says)`),
        );
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
