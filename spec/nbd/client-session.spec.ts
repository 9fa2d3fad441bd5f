import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { NbdDevice } from '../../lib/nbd/nbd-device.js';
import { CMD_DISC } from '../../lib/nbd/wire.js';
import { fakeServer, optionReply, servers, until, type FakeServer } from './support.js';

/** What it says to an option: yes to structured replies and to the export, no to all else. */
function agreed(option: number): string {
  if (option === 7) return optionReply(7, 3, '0000 0000000000010000 0065') + optionReply(7, 1);
  return optionReply(option, option === 8 ? 1 : 0x80000001);
}

/** A server that goes through the handshake, and then answers each request with what it was told to say. */
function liar(path: string, ...answers: string[]): Promise<FakeServer> {
  return fakeServer(path, agreed, (_command, cookie) => (answers.shift() ?? '').replaceAll('COOKIE', cookie));
}

describe('ClientSession', () => {
  const { newPath } = servers();
  const chunk = (done: string, type: string, payload: string): string =>
    `668e33ef ${done} ${type} COOKIE ${(payload.replaceAll(/[^0-9a-f]/g, '').length / 2).toString(16).padStart(8, '0')} ${payload}`;
  const data = (position: string, bytes: string, done = '0001'): string => chunk(done, '0001', `${position} ${bytes}`);
  const at0 = '0000000000000000';

  const lies: [what: string, answer: string][] = [
    ['another magic', '00'.repeat(20)],
    ['a request that was not made', '668e33ef 0001 0000 00000000 00000063 00000000'],
    ['a read without chunks', '67446698 00000000 COOKIE'],
    ['data that were not asked for', data('0000000000000400', '00'.repeat(512))],
    ['more data than were asked for', data(at0, '00'.repeat(513))],
    ['the same data twice', data(at0, '00'.repeat(300), '0000') + data(at0, '00'.repeat(300))],
    ['some data twice and some not', data(at0, '00'.repeat(256), '0000') + data(at0, '00'.repeat(256))],
    ['a success that lacks data', data(at0, '00'.repeat(300))],
    ['a chunk that there is not', chunk('0001', '0063', '')],
    ['an error that is none', chunk('0001', '8001', '00000000 0000')],
    ['an error that is cut short', chunk('0001', '8001', '00000005 00ff')],
    ['an error elsewhere', chunk('0001', '8002', '00000005 0000 0000000000000400')],
    ['an error without end', '668e33ef 0001 8001 COOKIE 7fffffff'],
    ['an error of no bytes', '668e33ef 0001 8001 COOKIE 00000000'],
    ['a status that was not asked for', chunk('0001', '0005', '00000001 00000200 00000000')],
  ];
  for (const [what, answer] of lies) {
    it(`does not believe a server that tells ${what}: the request fails, and it is left (P7)`, async () => {
      const path = newPath();
      await using _server = await liar(path, answer);
      await using device = await NbdDevice.open({ path }, { reconnectMs: 60_000, answerMs: 2000 });
      const pages = new PagePool().allocate(4096);
      const failed: unknown = await device
        .read(pages.range(0, 512), { position: 0 })
        .promise()
        .catch((e: unknown) => e);
      expect(failed).to.have.property('code', 'ENXIO');
      expect(failed).to.have.nested.property('cause.code', 'ERR_NBD_PROTOCOL');
      expect([device.online, device.inFlight, pages.pinned]).to.deep.equal([false, 0, false]);
    });
  }

  it('puts data together in any order, and holes, and tells what an error leaves (N13, P7)', async () => {
    const path = newPath();
    const [first, second] = [`00000000000000ff`, `0000000000000100`];
    await using _server = await liar(
      path,
      data('0000000000000100', '02'.repeat(256), '0000') + chunk('0001', '0002', `${at0} 00000100`),
      data(at0, '01'.repeat(512), '0000') + chunk('0001', '8002', `00000005 0002 6e6f ${first}`),
      chunk('0001', '8001', '0000001c 0000'),
      data(second, '03'.repeat(256), '0000') + chunk('0001', '8002', `00000005 0000 ${at0}`),
    );
    await using device = await NbdDevice.open({ path });
    const pages = new PagePool().allocate(4096);
    const read = () => device.read(pages.range(0, 512), { position: 0 });
    pages.set(new Uint8Array(512).fill(9));
    expect(await read()).to.equal(512);
    expect(pages.bytes(0, 512)).to.deep.equal(Uint8Array.from({ length: 512 }, (_, i) => (i < 256 ? 0 : 2)));
    const partly = read();
    expect(await partly.promise().catch((error: unknown) => (error as { code: string }).code)).to.equal('EIO');
    expect(partly.succeeded).to.deep.equal([{ offset: 0, length: 255 }]);
    const not = read();
    expect(await not.promise().catch((error: unknown) => (error as { code: string }).code)).to.equal('ENOSPC');
    expect(not.succeeded).to.deep.equal([]);
    const behind = read();
    await behind.promise().catch(() => undefined);
    expect(behind.succeeded).to.deep.equal([{ offset: 256, length: 256 }]);
  });

  it('takes no bytes for what has none (P7)', async () => {
    for (const answer of [chunk('0001', '0002', `${at0} 00000200`), data(at0, '00'.repeat(512))]) {
      const path = newPath();
      await using _server = await liar(path, answer);
      await using device = await NbdDevice.open({ path }, { reconnectMs: 60_000, answerMs: 2000 });
      const failed: unknown = await device
        .discard(512, { position: 0 })
        .promise()
        .catch((e: unknown) => e);
      expect(failed).to.have.nested.property('cause.code', 'ERR_NBD_PROTOCOL');
    }
  });

  it('asks nothing more of a server that is being shut down, takes leave when all was answered, and comes back (P8)', async () => {
    const path = newPath();
    const cookies: string[] = [];
    await using server = await fakeServer(path, agreed, (command, cookie) => {
      if (command === CMD_DISC) return '';
      cookies.push(cookie);
      // The second is answered first, and only then the one that runs.
      return cookies.length === 2 ? `67446698 0000006c ${cookie}` : '';
    });
    await using device = await NbdDevice.open({ path }, { reconnectMs: 1, waitMs: 60_000, answerMs: 2000 });
    const pages = new PagePool().allocate(4096);
    const runs = device.write(pages.range(0, 512), { position: 0 });
    const refused: unknown = await device
      .discard(512, { position: 0 })
      .promise()
      .catch((e: unknown) => e);
    expect(refused).to.have.property('code', 'ENXIO');
    expect([device.online, device.inFlight]).to.deep.equal([false, 1]);
    const waits = device.discard(512, { position: 512 });
    expect(device.queued).to.equal(1);
    server.say(`67446698 00000000 ${cookies[0] ?? ''}`);
    expect(await runs).to.equal(512);
    await until(() => cookies.length === 3);
    server.say(`67446698 00000000 ${cookies[2] ?? ''}`);
    expect(await waits).to.equal(512);
    const handshake = ['option 11', 'option 8', 'option 10', 'option 7'];
    expect(server.heard).to.deep.equal([
      ...handshake,
      'command 1',
      'command 4',
      'command 2',
      ...handshake,
      'command 4',
    ]);
  });
});
