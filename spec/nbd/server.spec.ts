import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { ArgumentError } from '../../lib/wait/errors.js';
import { NbdServer } from '../../lib/nbd/server.js';

/** Speaks to a server in hexadecimal, and answers all that it says until it hangs up. */
function exchange(path: string, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(Buffer.concat(chunks).toString('hex'));
    });
    socket.write(Buffer.from(words.replaceAll(/[^0-9a-f]/g, ''), 'hex'));
  });
}

describe('NbdServer', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'wakechain-nbd-'));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('speaks the handshake and simple replies, byte for byte (P1, P2)', async () => {
    const device = new MemoryDevice({ size: 4096 });
    device.contents.fill(0xab, 512, 1024);
    const path = join(folder, 'transcript.sock');
    await using server = new NbdServer({ exports: { '': { device } } });
    expect(await server.listen({ path })).to.equal(`nbd+unix:///?socket=${path}`);
    const flags = '00000003';
    const go = '49484156454f5054 00000007 00000008 00000000 0001 0003';
    const read = '25609513 0000 0000 0000000000000001 0000000000000200 00000200';
    const bye = '25609513 0000 0002 0000000000000002 0000000000000000 00000000';
    const heard = await exchange(path, flags + go + read + bye);
    const said = [
      '4e42444d41474943 49484156454f5054 0003',
      '0003e889045565a9 00000007 00000003 0000000e 0003 00000001 00001000 02000000',
      // Size and flags: flush, FUA, trim, zeroes, several connections, cache, fast zeroes.
      '0003e889045565a9 00000007 00000003 0000000c 0000 0000000000001000 0d6d',
      '0003e889045565a9 00000007 00000001 00000000',
      '67446698 00000000 0000000000000001',
      'ab'.repeat(512),
    ];
    expect(heard).to.equal(said.join('').replaceAll(' ', ''));
  });

  it('refuses to serve nothing (I6)', () => {
    expect(() => new NbdServer({ exports: {} }))
      .to.throw(ArgumentError)
      .with.property('code', 'ERR_EXPORT');
  });
});
