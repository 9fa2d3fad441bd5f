import { spawn } from 'node:child_process';
import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import * as wire from '../../lib/nbd/wire.js';
import { PagePool } from '../../lib/io/pages.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { hex, RawClient, servers, until } from './support.js';

const EPERM = 1;
const EIO = 5;
const EINVAL = 22;
const ENOSPC = 28;
const ENOTSUP = 95;
const ESHUTDOWN = 108;

describe('Session', () => {
  const { serve } = servers();

  it('answers in the order in which requests end, each by its cookie (P2)', async () => {
    const faulty = new FaultyDevice();
    faulty.contents.fill(9, 0, 512);
    const { path } = await serve(faulty);
    const client = await RawClient.go(path);
    client.ask(wire.CMD_READ, 1, 0, 512);
    client.ask(wire.CMD_FLUSH, 2, 0, 0);
    await until(() => faulty.pending.length === 2);
    faulty.pending[1]?.answer();
    expect(await client.reply()).to.deep.equal([0, 2]);
    faulty.only.answer();
    expect(await client.reply()).to.deep.equal([0, 1]);
    expect(await client.read(512)).to.equal('09'.repeat(512));
    client.close();
  });

  const small = { size: 8192, blockSize: 512 };
  const wrong: [what: string, errno: number, ...asked: Parameters<RawClient['ask']>][] = [
    ['an unknown command', EINVAL, 77, 1, 0, 0],
    ['a flag that there is not', EINVAL, wire.CMD_READ, 1, 0, 512, 0x80],
    ['a flag of another command', EINVAL, wire.CMD_READ, 1, 0, 512, wire.CMD_FLAG_NO_HOLE],
    ['chunks that were not agreed on', EINVAL, wire.CMD_READ, 1, 0, 512, wire.CMD_FLAG_DF],
    ['a read past the end', EINVAL, wire.CMD_READ, 1, 8192, 512],
    ['a position beyond all numbers', EINVAL, wire.CMD_READ, 1, 2 ** 63, 512],
    ['zeroes past the end', ENOSPC, wire.CMD_WRITE_ZEROES, 1, 8192, 1],
    ['part of a block, where blocks are announced', EINVAL, wire.CMD_READ, 1, 1, 512],
    ['a flush of something', EINVAL, wire.CMD_FLUSH, 1, 0, 512],
    ['a status that was not agreed on', EINVAL, wire.CMD_BLOCK_STATUS, 1, 0, 512],
    ['more than the limit', EINVAL, wire.CMD_READ, 1, 0, 128 * 1024],
  ];
  for (const [what, errno, ...asked] of wrong) {
    it(`refuses ${what}, before anything is submitted, and goes on (P2)`, async () => {
      const faulty = new FaultyDevice({
        ...small,
        size: what === 'more than the limit' ? 1 << 20 : 8192,
        inline: true,
      });
      const { path } = await serve({
        exports: { '': { device: faulty, byteGranular: false } },
        limits: { requestBytes: 64 * 1024 },
      });
      const client = await RawClient.go(path);
      client.ask(...asked);
      client.ask(wire.CMD_FLUSH, 2, 0, 0);
      expect(await client.reply()).to.deep.equal([errno, 1]);
      expect(await client.reply()).to.deep.equal([0, 2]);
      expect(faulty.log).to.deep.equal(['flush 0+0']);
      client.close();
    });
  }

  it('answers what has no bytes, and a read of nothing in the form that was agreed on (P2)', async () => {
    const { path } = await serve(new MemoryDevice(small));
    const forms: [options: number[], none: string, done: string][] = [
      [[], '6744669800000000 COOKIE', '6744669800000000 COOKIE'],
      [[wire.OPT_STRUCTURED_REPLY], '668e33ef 0001 0000 COOKIE 00000000', '6744669800000000 COOKIE'],
      [
        [wire.OPT_EXTENDED_HEADERS],
        '6e8a278c 0001 0000 COOKIE 0000000000002000 0000000000000000',
        '6e8a278c 0001 0000 COOKIE 0000000000002000 0000000000000000',
      ],
    ];
    for (const [options, none, done] of forms) {
      const extended = options[0] === wire.OPT_EXTENDED_HEADERS;
      const client = await RawClient.go(path, { options });
      for (const [type, reply] of [
        [wire.CMD_READ, none],
        [wire.CMD_WRITE, done],
        [wire.CMD_TRIM, done],
        [wire.CMD_WRITE_ZEROES, done],
        [wire.CMD_CACHE, done],
      ] as const) {
        // At the end of the device: nothing is out of it there.
        const flags = extended && type === wire.CMD_WRITE ? wire.CMD_FLAG_PAYLOAD_LEN : 0;
        client.ask(type, 5, 8192, 0, flags, extended);
        const expected = reply.replace('COOKIE', '0000000000000005').replaceAll(' ', '');
        expect(await client.read(expected.length / 2), `command ${String(type)}`).to.equal(expected);
      }
      client.close();
    }
  });

  it('refuses a write with its payload, and goes on behind it (P2)', async () => {
    const device = new MemoryDevice(small);
    const { path } = await serve({ exports: { rw: { device }, ro: { device, readOnly: true } } });
    for (const [name, errno, position] of [
      ['ro', EPERM, 0],
      ['rw', ENOSPC, 8192],
    ] as const) {
      const client = await RawClient.go(path, { name });
      client.ask(wire.CMD_WRITE, 1, position, 4096);
      client.say(Buffer.alloc(4096, 0xff));
      client.ask(wire.CMD_FLUSH, 2, 0, 0);
      expect(await client.reply()).to.deep.equal([errno, 1]);
      expect(await client.reply()).to.deep.equal([0, 2]);
      client.close();
    }
    expect(device.contents.every((byte) => byte === 0)).to.equal(true);
  });

  it('tells the ranges that failed, and sends those that did not (N13, P2)', async () => {
    const faulty = new FaultyDevice();
    faulty.contents.fill(7);
    faulty.onSubmit = (op) => {
      op.fail('EIO', [{ offset: 512, length: 512 }]);
      return false;
    };
    const { path } = await serve(faulty);
    const structured = await RawClient.go(path, { options: [wire.OPT_STRUCTURED_REPLY] });
    structured.ask(wire.CMD_READ, 3, 4096, 1536);
    const head = (done: string, type: string, length: string): string =>
      `668e33ef${done}${type}0000000000000003${length}`;
    expect(await structured.read(28 + 512)).to.equal(
      head('0000', '0001', '00000208') + '0000000000001000' + '07'.repeat(512),
    );
    expect(await structured.read(28 + 512)).to.equal(
      head('0000', '0001', '00000208') + '0000000000001400' + '07'.repeat(512),
    );
    const error = hex(await structured.read(20));
    expect(error.toString('hex', 0, 16)).to.equal(head('0001', '8002', ''));
    const payload = hex(await structured.read(error.readUInt32BE(16)));
    expect([payload.readUInt32BE(0), payload.toString('hex', payload.length - 8)]).to.deep.equal([
      EIO,
      '0000000000001200',
    ]);
    structured.close();
    const simple = await RawClient.go(path);
    simple.ask(wire.CMD_READ, 3, 4096, 1536);
    expect(await simple.reply()).to.deep.equal([EIO, 3]);
    simple.close();
  });

  it('says that a write with FUA, or a flush, is done when it is stable (P6)', async () => {
    const faulty = new FaultyDevice();
    const { path } = await serve(faulty);
    const client = await RawClient.go(path);
    client.ask(wire.CMD_WRITE, 1, 0, 512, wire.CMD_FLAG_FUA);
    client.say(Buffer.alloc(512, 1));
    await until(() => faulty.pending.length === 1);
    expect(faulty.only.fua).to.equal(true);
    client.ask(wire.CMD_FLUSH, 2, 0, 0);
    client.ask(wire.CMD_TRIM, 3, 0, 512, wire.CMD_FLAG_FUA);
    await until(() => faulty.pending.length === 3);
    faulty.answerAll();
    const replies = [await client.reply(), await client.reply(), await client.reply()];
    expect(replies).to.have.deep.members([
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
    expect(faulty.log.at(-1)).to.equal('flush 0+0');
    client.close();
  });

  it('writes zeroes where the device has none, and refuses at once to do so fast (I7, P2)', async () => {
    const faulty = new FaultyDevice({ size: 1 << 20, operations: ['read', 'write', 'flush'] });
    faulty.contents.fill(7);
    const { path } = await serve(faulty);
    const client = await RawClient.go(path);
    client.ask(wire.CMD_WRITE_ZEROES, 1, 512, 4096, wire.CMD_FLAG_FAST_ZERO);
    expect(await client.reply()).to.deep.equal([ENOTSUP, 1]);
    expect(faulty.log).to.deep.equal([]);
    client.ask(wire.CMD_WRITE_ZEROES, 2, 512, 4096, wire.CMD_FLAG_FUA);
    await until(() => faulty.pending.length === 1);
    expect(faulty.only.fua).to.equal(true);
    faulty.answerAll();
    expect(await client.reply()).to.deep.equal([0, 2]);
    expect(faulty.log).to.deep.equal(['write 512+4096']);
    expect([faulty.contents[511], faulty.contents[512], faulty.contents[4607], faulty.contents[4608]]).to.deep.equal([
      7, 0, 0, 7,
    ]);
    client.close();
    const able = new FaultyDevice({ inline: true });
    const native = await RawClient.go((await serve(able)).path);
    native.ask(wire.CMD_WRITE_ZEROES, 3, 512, 4096, wire.CMD_FLAG_FAST_ZERO);
    expect(await native.reply()).to.deep.equal([0, 3]);
    expect(able.log).to.deep.equal(['writeZeroes 512+4096']);
    native.close();
  });

  it('cancels what runs for a client that is killed while it has its share in flight and asks for more (P4)', async () => {
    const faulty = new FaultyDevice();
    const limits = { connectionRequests: 4 };
    const { path, server } = await serve({ exports: { '': { device: faulty } }, limits });
    const go = '0000000349484156454f50540000000700000006000000000000';
    const read = '256095130000000000000000000000010000000000000000' + '00000200';
    const program = `require('net').connect(${JSON.stringify(path)}).on('data', () => undefined).write('${go}${read.repeat(50)}', 'hex')`;
    const client = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
    await until(() => faulty.pending.length === 4);
    client.kill('SIGKILL');
    await until(() => server.connections === 0);
    expect([faulty.pending.length, faulty.pending.every((op) => op.cancelled)]).to.deep.equal([4, true]);
    faulty.answerAll();
    expect(server.bytesInFlight).to.equal(0);
  });

  it('cancels what runs for a client that is gone, down the stack (P4)', async () => {
    const faulty = new FaultyDevice();
    const { path, server } = await serve(faulty);
    const client = await RawClient.go(path);
    client.ask(wire.CMD_READ, 1, 0, 512);
    client.ask(wire.CMD_WRITE, 2, 0, 512);
    client.say(Buffer.alloc(100));
    await until(() => faulty.pending.length === 1);
    client.close();
    await until(() => faulty.only.cancelled);
    expect(server.connections).to.equal(0);
    faulty.answerAll();
    expect([faulty.log, server.bytesInFlight]).to.deep.equal([['read 0+512'], 0]);
  });

  it('keeps no memory when the server is closed, once what ran below has ended, too (P4)', async () => {
    const faulty = new FaultyDevice();
    const pool = new PagePool();
    const { path, server } = await serve({ exports: { '': { device: faulty } }, pool });
    const client = await RawClient.go(path);
    for (let i = 0; i < 2; i++) client.ask(wire.CMD_READ, i, 0, 512);
    await until(() => faulty.pending.length === 2);
    await server.close({ graceMs: 0 });
    expect(pool.pagesInUse).to.equal(2);
    faulty.answerAll();
    expect([pool.pagesInUse, server.bytesInFlight]).to.deep.equal([0, 0]);
  });

  it('answers what runs and refuses the rest when the server is shut down (P4)', async () => {
    const faulty = new FaultyDevice();
    const { path, server } = await serve(faulty);
    const client = await RawClient.go(path);
    client.ask(wire.CMD_FLUSH, 1, 0, 0);
    await until(() => faulty.pending.length === 1);
    const closing = server.close();
    client.ask(wire.CMD_WRITE, 2, 0, 512);
    client.say(Buffer.alloc(512));
    expect(await client.reply()).to.deep.equal([ESHUTDOWN, 2]);
    faulty.only.answer();
    expect(await client.reply()).to.deep.equal([0, 1]);
    await client.closed;
    await closing;
    expect(faulty.log).to.deep.equal(['flush 0+0']);
  });

  it('answers all that runs behind a farewell, then hangs up (P4)', async () => {
    const faulty = new FaultyDevice();
    const { path } = await serve(faulty);
    const client = await RawClient.go(path);
    client.ask(wire.CMD_FLUSH, 1, 0, 0);
    client.ask(wire.CMD_DISC, 2, 0, 0);
    client.ask(wire.CMD_FLUSH, 3, 0, 0);
    await until(() => faulty.pending.length === 1);
    faulty.only.answer();
    expect(await client.reply()).to.deep.equal([0, 1]);
    await client.closed;
    expect(faulty.log).to.deep.equal(['flush 0+0']);
  });

  it('reads nothing more from a client that has its share in flight, and goes on later (P3)', async () => {
    const faulty = new FaultyDevice({ size: 1 << 20 });
    const limits = { requestBytes: 65536, connectionBytes: 65536, totalBytes: 131_072, connectionRequests: 4 };
    const { path, server } = await serve({ exports: { '': { device: faulty } }, limits });
    const client = await RawClient.go(path);
    for (let i = 0; i < 20; i++) client.ask(wire.CMD_READ, i, 0, 32768);
    await until(() => faulty.pending.length === 2);
    for (let i = 0; i < 20; i++) {
      expect(faulty.pending.length).to.be.at.most(2);
      expect(server.bytesInFlight).to.be.at.most(65536);
      faulty.pending[0]?.answer();
      expect(await client.reply()).to.deep.equal([0, i]);
      await client.read(32768);
      if (i < 18) await until(() => faulty.pending.length === 2);
    }
    for (let i = 0; i < 20; i++) client.ask(wire.CMD_FLUSH, i, 0, 0);
    await until(() => faulty.pending.length === 4);
    for (let i = 0; i < 20; i++) {
      faulty.pending[0]?.answer();
      expect(await client.reply()).to.deep.equal([0, i]);
      expect(faulty.pending.length).to.be.at.most(4);
      if (i < 19) await until(() => faulty.pending.length > 0);
    }
    client.close();
  });

  it('takes no more from a client that asks on and on and reads no reply, and expels it (P3)', async () => {
    const exports = { '': { device: new MemoryDevice({ size: 8192 }) } };
    const patient = await serve({ exports });
    const log: string[] = [];
    const { path, server } = await serve({ exports, limits: { stallMs: 200 }, log: (line) => log.push(line) });
    const count = 250_000;
    const requests = hex('25609513 0000 0000 0000000000000001 0000000000002000 00000200'.repeat(count));
    const options = [wire.OPT_STRUCTURED_REPLY];
    const reader = await RawClient.go(patient.path, { options });
    reader.say(requests);
    for (let i = 0; i < count; i += 1000) await reader.read(26 * 1000);
    expect(patient.server.figures.requests).to.equal(count);
    reader.close();
    const deaf = await RawClient.go(path, { options });
    deaf.socket.pause();
    deaf.say(requests);
    await until(() => log.length > 0);
    expect(log[0]).to.include('it has read no reply for 200 ms');
    expect(server.figures.requests).to.be.below(count);
    deaf.close();
  });

  it('is told that a client was killed that has more than its share to be read (P4)', async () => {
    const faulty = new FaultyDevice();
    const { path, server } = await serve({
      exports: { '': { device: faulty } },
      limits: { connectionRequests: 4, stallMs: 100 },
    });
    const go = '0000000349484156454f50540000000700000006000000000000';
    const read = '256095130000000000000000000000010000000000000000' + '00000200';
    const program =
      `const socket = require('net').connect(${JSON.stringify(path)}).on('data', () => undefined);` +
      `socket.write('${go}', 'hex'); socket.write('${read}'.repeat(20000), 'hex');`;
    const client = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
    await until(() => faulty.pending.length === 4);
    // Long enough that no more than is read ahead is read.
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.kill('SIGKILL');
    await until(() => server.connections === 0);
    expect(faulty.pending.every((op) => op.cancelled)).to.equal(true);
    faulty.answerAll();
  });

  it('serves a client while others hold all there is but do not read their replies, until they are expelled (P3)', async () => {
    const device = new FaultyDevice({ size: 1 << 20, inline: true });
    const log: string[] = [];
    const limits = { requestBytes: 1 << 20, connectionBytes: 1 << 20, totalBytes: 1 << 20, stallMs: 50 };
    const { path, server } = await serve({ exports: { '': { device } }, limits, log: (line) => log.push(line) });
    const idle = await RawClient.go(path);
    idle.socket.pause();
    for (let i = 0; i < 4; i++) idle.ask(wire.CMD_READ, i, 0, 1 << 20);
    await until(() => server.bytesInFlight > 0);
    const other = await RawClient.go(path);
    other.ask(wire.CMD_READ, 1, 0, 4096);
    expect(await other.reply()).to.deep.equal([0, 1]);
    await until(() => server.connections === 1);
    expect(log).to.have.lengthOf(1);
    expect(log[0]).to.match(/disconnected: it has read no reply for 50 ms/);
    other.close();
  });

  it('sends what a device has in memory of its own without memory for it, and no more than the share of who reads it slowly (I15, P3)', async () => {
    const device = new MemoryDevice({ size: 1 << 20 });
    const limits = { requestBytes: 1 << 20, connectionBytes: 1 << 20, totalBytes: 1 << 20 };
    const { path, server } = await serve({ exports: { '': { device } }, limits });
    const slow = await RawClient.go(path);
    slow.socket.pause();
    for (let i = 0; i < 8; i++) slow.ask(wire.CMD_READ, i, 0, 1 << 20);
    await until(() => server.figures.requests === 2);
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect([server.figures.requests, server.figures.bytesRead, server.bytesInFlight]).to.deep.equal([2, 1 << 20, 0]);
    slow.socket.resume();
    for (let i = 0; i < 8; i++) {
      expect(await slow.reply()).to.deep.equal([0, i]);
      expect((await slow.read(1 << 20)).length).to.equal(2 << 20);
    }
    expect(server.figures.bytesRead).to.equal(8 << 20);
    slow.close();
  });

  it('refuses reads of memory that was closed (I15)', async () => {
    const device = new MemoryDevice({ size: 8192 });
    const { path } = await serve({ exports: { '': { device, byteGranular: false } } });
    const client = await RawClient.go(path);
    client.ask(wire.CMD_READ, 1, 0, 512);
    expect(await client.reply()).to.deep.equal([0, 1]);
    await client.read(512);
    await device.close();
    client.ask(wire.CMD_READ, 2, 0, 512);
    expect(await client.reply()).to.deep.equal([ESHUTDOWN, 2]);
    client.close();
  });
});
