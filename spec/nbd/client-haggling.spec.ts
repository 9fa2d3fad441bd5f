import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { PagePool } from '../../lib/io/pages.js';
import { NbdDevice, type NbdDeviceOptions } from '../../lib/nbd/nbd-device.js';
import { NbdServer } from '../../lib/nbd/server.js';
import * as wire from '../../lib/nbd/wire.js';
import { fakeServer, optionReply, servers, until } from './support.js';

/** The export: 64 KiB, with so many flags. */
const exported = (flags = '0065'): string => optionReply(7, 3, `0000 0000000000010000 ${flags}`);
const yes = (option: number): string => optionReply(option, wire.REP_ACK);
const no = (option: number, type = wire.REP_ERR_UNSUP): string => optionReply(option, type);
const context = (id = '00000001'): string =>
  optionReply(10, wire.REP_META_CONTEXT, `${id} ${Buffer.from(wire.BASE_ALLOCATION).toString('hex')}`);

/** What a server says that has all that is asked for, but for what is said here of an option. */
const saying =
  (own: Record<number, string>) =>
  (option: number): string => {
    if (own[option] !== undefined) return own[option];
    if (option === wire.OPT_GO) return exported() + yes(option);
    if (option === wire.OPT_SET_META_CONTEXT) return context() + yes(option);
    return yes(option);
  };

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code,
  );

describe('ClientHaggling', () => {
  const { newPath } = servers();

  const refusals: [what: string, code: string, own: Record<number, string>, heard: number[], tls?: boolean][] = [
    ['does not have the export', 'ERR_NBD_REFUSED', { 7: no(7, wire.REP_ERR_UNKNOWN) }, [11, 10, 7, 2]],
    ['wants TLS', 'ERR_NBD_TLS', { 7: no(7, wire.REP_ERR_TLS_REQD) }, [11, 10, 7, 2]],
    ['has no TLS', 'ERR_NBD_TLS', { 5: no(5, wire.REP_ERR_POLICY) }, [5, 2], true],
    ['is being shut down', 'ERR_NBD_REFUSED', { 11: no(11, wire.REP_ERR_SHUTDOWN) }, [11, 2]],
  ];
  for (const [what, code, own, heard, tls = false] of refusals) {
    it(`takes leave of a server that ${what}, and does not hang up on it (P8)`, async () => {
      const path = newPath();
      await using server = await fakeServer(path, saying(own));
      expect(await codeOf(NbdDevice.open({ path, tls }).then((device) => device.close()))).to.equal(code);
      await until(() => server.ended === 1);
      expect(server.heard).to.deep.equal(heard.map((option) => `option ${String(option)}`));
    });
  }

  const breaches: [what: string, own: Record<number, string>][] = [
    ['has extended headers and not GO', { 7: no(7) }],
    ['answers another option', { 7: yes(6) }],
    ['serves an export of no size', { 7: yes(7) }],
    ['asks for blocks of no bytes', { 7: exported() + optionReply(7, 3, '0003 00000000 00001000 00010000') + yes(7) }],
    ['asks for blocks of 3 bytes', { 7: exported() + optionReply(7, 3, '0003 00000003 00001000 00010000') + yes(7) }],
    ['allows no block', { 7: exported() + optionReply(7, 3, '0003 00000200 00001000 00000100') + yes(7) }],
  ];
  for (const [what, own] of breaches) {
    it(`hangs up on a server that ${what} (P7)`, async () => {
      const path = newPath();
      await using server = await fakeServer(path, saying(own));
      expect(await codeOf(NbdDevice.open({ path }))).to.equal('ERR_NBD_PROTOCOL');
      expect(server.heard).to.deep.equal(['option 11', 'option 10', 'option 7']);
    });
  }

  it('takes no context for agreed on when the server refuses behind it (P7)', async () => {
    for (const [own, asked] of [
      [{}, ['command 7']],
      [{ 10: context() + no(10, wire.REP_ERR_INVALID) }, []],
    ] as const) {
      const path = newPath();
      await using server = await fakeServer(path, saying(own));
      await using device = await NbdDevice.open({ path }, { answerMs: 50, reconnectMs: 60_000 });
      expect(await device.extents(0, 4096)).to.deep.equal([{ length: 4096, allocated: true, zero: false }]);
      expect(server.heard.slice(3)).to.deep.equal(asked);
    }
  });

  it('chooses an export in the old way where the server knows no other (P7)', async () => {
    const path = newPath();
    const old = saying({ 1: '0000000000010000 0005', 7: no(7), 8: no(8), 10: no(10), 11: no(11) });
    await using server = await fakeServer(path, old);
    const device = await NbdDevice.open({ path });
    expect([device.size, device.operations]).to.deep.equal([65_536, ['read', 'write', 'flush']]);
    await device.close();
    await until(() => server.ended === 1);
    expect(server.heard).to.deep.equal(['option 11', 'option 8', 'option 7', 'option 1', 'command 2']);
  });

  it('takes leave of a server whose export has changed (P7, P8)', async () => {
    const path = newPath();
    const first = new NbdServer({ exports: { '': { device: new MemoryDevice({ size: 8192 }) } } });
    await first.listen({ path });
    await using device = await NbdDevice.open({ path }, { reconnectMs: 1 });
    await first.close();
    await until(() => !device.online);
    await using server = await fakeServer(path, saying({}));
    expect(await codeOf(device.connected())).to.equal('ERR_NBD_CHANGED');
    await until(() => server.ended === 1);
    expect(server.heard.at(-1)).to.equal('command 2');
  });

  /** What becomes of one request to a server with these flags, as a client asks it. */
  async function asked(
    flags: string,
    sizes: string,
    options: NbdDeviceOptions,
    ask: (device: NbdDevice) => Promise<unknown>,
  ): Promise<{ heard: string[]; code: unknown }> {
    const path = newPath();
    const told = exported(flags) + (sizes === '' ? '' : optionReply(7, 3, `0003 ${sizes}`)) + yes(7);
    const own = options.extendedHeaders === false ? { 7: told, 8: no(8), 10: no(10) } : { 7: told };
    await using server = await fakeServer(path, saying(own), (_command, cookie) =>
      options.extendedHeaders === false
        ? `67446698 00000000 ${cookie}`
        : `6e8a278c 0001 0000 ${cookie} ${'00'.repeat(16)}`,
    );
    await using device = await NbdDevice.open({ path }, options);
    const code = await codeOf(ask(device));
    return { heard: server.heard.filter((what) => what.startsWith('command')), code };
  }

  it('asks no server for a flush that has none, and refuses what must be stable there (I7, P6)', async () => {
    const pages = new PagePool().allocate(4096);
    const write = (fua: boolean) => (device: NbdDevice) => device.write(pages, { position: 0, fua }).promise();
    const plain = { extendedHeaders: false };
    expect(await asked('0001', '', plain, write(true))).to.deep.equal({ heard: [], code: 'EOPNOTSUPP' });
    expect(await asked('0001', '', plain, write(false))).to.deep.equal({ heard: ['command 1'], code: 'none' });
    expect(await asked('0005', '', plain, write(true))).to.deep.equal({
      heard: ['command 1', 'command 3'],
      code: 'none',
    });
    expect(await asked('0009', '', plain, write(true))).to.deep.equal({ heard: ['command 1'], code: 'none' });
  });

  it('asks a server without extended headers for zeroes in pieces that it allows, and others for all at once', async () => {
    const zeroes = (device: NbdDevice) => device.writeZeroes(65_536, { position: 0 }).promise();
    const sizes = '00000001 00001000 00004000';
    const pieces = Array.from({ length: 4 }, () => 'command 6');
    expect(await asked('0045', sizes, { extendedHeaders: false }, zeroes)).to.deep.equal({
      heard: pieces,
      code: 'none',
    });
    expect(await asked('0045', sizes, {}, zeroes)).to.deep.equal({ heard: ['command 6'], code: 'none' });
    expect(await asked('0045', '', { extendedHeaders: false }, zeroes)).to.deep.equal({
      heard: ['command 6'],
      code: 'none',
    });
  });
});
