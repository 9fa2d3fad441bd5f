import { expect } from 'chai';
import { Unaligned } from '../../lib/layers/unaligned.js';
import { PagePool } from '../../lib/io/pages.js';
import { Job } from '../../lib/nbd/job.js';
import { NbdDevice } from '../../lib/nbd/nbd-device.js';
import { writeExportQuestion, writeMetaQuestion, writeOption } from '../../lib/nbd/options.js';
import { statusOf } from '../../lib/nbd/status.js';
import * as wire from '../../lib/nbd/wire.js';
import { KnownDevice, lettersOf } from '../conformance/known-device.js';
import { RawClient, servers } from './support.js';

function asked(position: number, length: number, flags = 0): Job {
  const job = new Job(() => undefined);
  job.begin({ type: wire.CMD_BLOCK_STATUS, flags, cookieHigh: 0, cookieLow: 0, position, length });
  return job;
}

describe('statusOf', () => {
  const { serve } = servers();
  const device = new KnownDevice('ddhzz?');

  it('tells holes and zeroes by the bits of the protocol (P2)', async () => {
    expect(await statusOf(device, asked(512, 2560), false)).to.deep.equal([
      { length: 512, state: 0 },
      { length: 512, state: 3 },
      { length: 1024, state: 2 },
      { length: 512, state: 1 },
    ]);
  });

  it('tells of one extent where one is asked for, and of none past the end of the question (P2)', async () => {
    expect(await statusOf(device, asked(0, 700, wire.CMD_FLAG_REQ_ONE), true)).to.deep.equal([
      { length: 700, state: 0 },
    ]);
    expect(await statusOf(device, asked(0, 1100, wire.CMD_FLAG_REQ_ONE), true)).to.deep.equal([
      { length: 1024, state: 0 },
    ]);
  });

  it('has lengths of 32 bits without extended headers, in whole blocks of any size that is announced (P2)', async () => {
    const large = new KnownDevice('', { size: 512 });
    Object.defineProperty(large, 'geometry', { value: { size: 2 ** 40, blockSize: 512, preferredSize: 512 } });
    expect(await statusOf(large, asked(0, 2 ** 33), false)).to.deep.equal([{ length: 0xffff0000, state: 0 }]);
    expect(await statusOf(large, asked(0, 2 ** 33), true)).to.deep.equal([{ length: 2 ** 33, state: 0 }]);
  });

  it('tells of so many extents and no more: the client asks on (P3)', async () => {
    const torn = new KnownDevice('dh'.repeat(2000));
    const told = await statusOf(torn, asked(0, torn.size), true);
    expect(told).to.have.lengthOf(1024);
  });

  it('reaches the client, by a chunk of the form that was agreed on (P2)', async () => {
    const { path } = await serve(device);
    for (const [option, bytes, expected] of [
      [
        wire.OPT_STRUCTURED_REPLY,
        20 + 4 + 16,
        '668e33ef 0001 0005 0000000000000007 00000014 00000001 00000400 00000000 00000200 00000003',
      ],
      [
        wire.OPT_EXTENDED_HEADERS,
        32 + 8 + 32,
        '6e8a278c 0001 0006 0000000000000007 0000000000000000 0000000000000028 00000001 00000002' +
          '0000000000000400 0000000000000000 0000000000000200 0000000000000003',
      ],
    ] as const) {
      const client = new RawClient(path);
      await client.read(18);
      client.say('00000003');
      client.say(writeOption(option, Buffer.alloc(0)));
      client.say(writeOption(wire.OPT_SET_META_CONTEXT, writeMetaQuestion({ name: '', queries: ['base:allocation'] })));
      client.say(writeOption(wire.OPT_GO, writeExportQuestion({ name: '', infos: [wire.INFO_BLOCK_SIZE] })));
      await client.read(20 + (20 + 4 + 15) + 20 + (32 + 34 + 20));
      client.ask(wire.CMD_BLOCK_STATUS, 7, 0, 1536, 0, option === wire.OPT_EXTENDED_HEADERS);
      expect(await client.read(bytes)).to.equal(expected.replaceAll(' ', ''));
      client.close();
    }
  });

  it('goes from server to server, and a client learns where the holes are (P2)', async () => {
    const { uri } = await serve(new Unaligned(device, { pool: new PagePool() }));
    for (const extendedHeaders of [true, false]) {
      await using near = await NbdDevice.open(uri, { extendedHeaders });
      const { uri: far } = await serve(near);
      await using client = await NbdDevice.open(far, { extendedHeaders });
      expect(lettersOf(await client.extents(0, client.size))).to.equal('ddhzz?');
      expect(await client.extents(1000, 100)).to.deep.equal([
        { length: 24, allocated: true, zero: false },
        { length: 76, allocated: false, zero: true },
      ]);
    }
  });
});
