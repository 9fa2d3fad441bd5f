import { connect } from 'node:net';
import { expect } from 'chai';
import sinon from 'sinon';
import { MemoryDevice } from '../../lib/devices/memory.js';
import type { NbdLimits } from '../../lib/nbd/limits.js';
import type { NbdServer } from '../../lib/nbd/server.js';
import * as wire from '../../lib/nbd/wire.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { exchange, hex, RawClient, servers, until } from './support.js';

describe('Connection', () => {
  const { serve } = servers();
  /** The handshake's time is told by this clock, so that a slow machine is no slow client. Sockets keep a time of their own. */
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => (clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })));
  afterEach(() => clock.restore());

  async function start(limits: Partial<NbdLimits> = {}): Promise<{ path: string; server: NbdServer; log: string[] }> {
    const log: string[] = [];
    const device = new MemoryDevice({ size: 1 << 20 });
    const { path, server } = await serve({ exports: { '': { device } }, limits, log: (line) => log.push(line) });
    return { path, server, log };
  }

  const option = '49484156454f5054';
  const go = `00000003 ${option} 00000007 00000006 00000000 0000`;
  const hostile: [what: string, words: string, logged: RegExp, limits?: Partial<NbdLimits>][] = [
    ['flags that there are not', 'ffffffff', /sets flags that there are not: 0xffffffff/],
    ['an option without its magic', `00000003 0000000000000000 00000003 00000000`, /does not begin with its magic/],
    ['an option of 4 GiB', `00000003 ${option} 00000003 ffffffff`, /4294967295 bytes passes the limit of 65536/],
    [
      'options without end',
      `00000003 ${`${option} 00000003 00000000`.repeat(20)}`,
      /more than 5 options/,
      { options: 5 },
    ],
    ['options in a style that has none', `00000000 ${option} 00000003 00000000`, /does not speak fixed newstyle/],
    ['the name of an export that there is not', `00000003 ${option} 00000001 00000001 7a`, /wants the export "z"/],
    ['a request without its magic', `${go} ${'00'.repeat(28)}`, /begins with 0x0, which is not its magic/],
    ['a request in another form', `${go} 21e41c71 ${'00'.repeat(28)}`, /begins with 0x21e41c71/],
    [
      'a payload beyond all limits',
      `00000003 ${option} 0000000b 00000000 ${option} 00000007 00000006 00000000 0000 ` +
        `21e41c71 0020 0001 0000000000000000 0000000000000000 0000100000000000`,
      /a payload of 17592186044416 bytes/i,
    ],
    ['noise', 'deadbeef'.repeat(100), /sets flags that there are not/],
  ];
  for (const [what, words, logged, limits] of hostile) {
    it(`hangs up on who sends ${what}, with a line in the log, and serves others (P3)`, async () => {
      const { path, server, log } = await start(limits);
      const other = await RawClient.go(path);
      await exchange(path, words);
      await until(() => server.connections === 1);
      expect(log).to.have.lengthOf(1);
      expect(log[0])
        .to.match(/^a client: disconnected: /)
        .and.match(logged);
      other.ask(wire.CMD_READ, 1, 0, 512);
      expect(await other.reply()).to.deep.equal([0, 1]);
      expect([server.figures.expelled, server.bytesInFlight]).to.deep.equal([1, 0]);
      other.close();
    });
  }

  it('hangs up on who does not get through the handshake, or leaves a request unfinished (P3)', async () => {
    const { path, server, log } = await start({ handshakeMs: 30, stallMs: 30 });
    const client = new RawClient(path);
    await until(() => server.connections === 1);
    clock.tick(29);
    expect([server.connections, log]).to.deep.equal([1, []]);
    clock.tick(1);
    await client.closed;
    const writing = await RawClient.go(path);
    writing.ask(wire.CMD_WRITE, 1, 0, 4096);
    await writing.closed;
    expect(log.map((line) => line.replace(/.*: /, ''))).to.deep.equal([
      'it did not get through the handshake within 30 ms',
      'it has left a request unfinished for 30 ms',
    ]);
  });

  it('says nothing of who takes leave and does not wait for an answer (P3)', async () => {
    const { path, server, log } = await start();
    const bye = '25609513 0000 0002 0000000000000000 0000000000000000 00000000';
    for (const words of [`00000003 ${option} 00000002 00000000`, go + bye]) {
      const client = new RawClient(path);
      // Both before the server has read a word.
      client.socket.write(hex(words), () => client.socket.destroy());
      await client.closed;
    }
    await until(() => server.figures.connections === 2 && server.connections === 0);
    expect([log, server.figures.expelled]).to.deep.equal([[], 0]);
  });

  it('leaves who has nothing to ask alone (P3)', async () => {
    const { path, server } = await start({ handshakeMs: 20, stallMs: 20 });
    const client = await RawClient.go(path);
    clock.tick(20);
    // Set later and for longer than the server's own: that has run out when this does.
    await new Promise((resolve) => client.socket.setTimeout(60, () => resolve(null)));
    client.ask(wire.CMD_FLUSH, 1, 0, 0);
    expect([await client.reply(), server.connections]).to.deep.equal([[0, 1], 1]);
    client.close();
  });

  it('turns away who comes when all connections are taken, and takes them again (P3)', async () => {
    const { path, server, log } = await start({ connections: 2 });
    const clients = [await RawClient.go(path), await RawClient.go(path)];
    expect(await exchange(path, '00000003')).to.equal('');
    expect(log).to.deep.equal(['a client: refused: 2 connections are open, which is the limit']);
    clients[0]?.close();
    await until(() => server.connections === 1);
    const third = await RawClient.go(path);
    third.close();
    clients[1]?.close();
  });

  it('bears 1,000 connections that come and say nothing, go half way, or talk noise (P3)', async () => {
    const { path, server } = await start({ connections: 300 });
    const good = await RawClient.go(path);
    const reached = new Set<unknown>();
    const sockets = Array.from({ length: 1000 }, (_, i) => {
      const socket = connect(path);
      socket.on('error', () => undefined);
      for (const event of ['connect', 'close']) socket.on(event, () => reached.add(socket));
      if (i % 3 === 1) socket.write(Buffer.from('0000000349484156454f5054', 'hex'));
      else if (i % 3 === 2) socket.write(Buffer.alloc(1000, i));
      return socket;
    });
    await until(() => reached.size === 1000 && server.figures.connections > 300);
    good.ask(wire.CMD_READ, 1, 0, 512);
    expect(await good.reply()).to.deep.equal([0, 1]);
    expect(server.connections).to.be.at.most(300);
    for (const socket of sockets) socket.destroy();
    await until(() => server.connections === 1);
    expect(server.bytesInFlight).to.equal(0);
    good.close();
  });

  it('keeps to its limits while a client asks for much and reads nothing (P3)', async () => {
    const { path, server } = await start({ connectionBytes: 1 << 20, requestBytes: 65536 });
    const client = await RawClient.go(path);
    client.socket.pause();
    for (let i = 0; i < 500; i++) client.ask(wire.CMD_READ, i, 0, 65536);
    for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(server.bytesInFlight).to.be.at.most(1 << 20);
    client.socket.resume();
    for (let i = 0; i < 500; i++) {
      expect(await client.reply()).to.deep.equal([0, i]);
      await client.read(65536);
    }
    client.close();
  });

  it('does the same when payloads are copied, which is the documented way of Node', async () => {
    for (const direct of [true, false]) {
      const faulty = new FaultyDevice({ size: 1 << 20, inline: true });
      const { path } = await serve({ exports: { '': { device: faulty } }, direct });
      const client = await RawClient.go(path);
      const data = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
      client.ask(wire.CMD_WRITE, 1, 100, data.length);
      client.say(data);
      client.ask(wire.CMD_WRITE, 2, 400_000, 10);
      client.say(data.subarray(0, 10));
      expect([await client.reply(), await client.reply()]).to.deep.equal([
        [0, 1],
        [0, 2],
      ]);
      expect(Buffer.compare(faulty.contents.subarray(100, 300_100), data)).to.equal(0);
      client.close();
    }
  });
});
