import { expect } from 'chai';
import { lookText, superblockText } from '../../lib/cli/look-text.js';
import type { Superblock } from '../../lib/io/index.js';
import type { DeviceLook } from '../../lib/stack/index.js';

const superblock: Superblock = {
  role: 'parity', uuid: 'u', index: 1, memberCount: 3, layout: 0, generation: 4, sequence: 9,
  dataStart: 8192, dataSize: 1 << 20, chunk: 65536, regionSize: 4096,
  states: ['in-sync', 'rebuilding', 'failed'], rebuilt: [0, 1 << 19, 0], dirty: Uint8Array.of(3, 0, 1),
}; // prettier-ignore

describe('superblockText', () => {
  it('tells the members, how data lies on them, and what is being written', () => {
    expect(superblockText(superblock)).to.deep.equal([
      'parity u: 0 in-sync, 1 rebuilding (512.0 KiB of 1.0 MiB), 2 failed',
      'data from 8192 on, 1.0 MiB on each member, chunks of 64.0 KiB; 3 regions of 4.0 KiB are being written',
    ]);
  });
});

describe('lookText', () => {
  it('has a line for each device, what is below it further in, and what is wrong in its place', () => {
    const plain = { path: '', size: 4096, blockSize: 512, error: null, superblock: null, array: null, file: null };
    const file: DeviceLook = {
      ...plain,
      type: 'file',
      file: 'b',
      size: null,
      blockSize: null,
      error: 'gone',
      lowers: [],
    };
    const member: DeviceLook = { ...plain, type: 'checksum', superblock, lowers: [file] };
    expect(lookText({ ...plain, type: 'parity', array: superblock, lowers: [member] }).split('\n')).to.deep.equal([
      'parity: 4.0 KiB in blocks of 512',
      ...superblockText(superblock).map((line) => `  ${line}`),
      '  checksum: 4.0 KiB in blocks of 512; member 1, generation 4, stored 9 times',
      '    file b: gone',
    ]);
  });
});
