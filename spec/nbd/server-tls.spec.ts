import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { PagePool } from '../../lib/io/pages.js';
import { OptionError } from '../../lib/io/option-error.js';
import { NbdDevice } from '../../lib/nbd/nbd-device.js';
import { NbdServer } from '../../lib/nbd/server.js';
import { ServerTls } from '../../lib/nbd/server-tls.js';
import * as wire from '../../lib/nbd/wire.js';
import { exchange, RawClient, servers } from './support.js';

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const openssl = spawnSync('openssl', ['version']).error === undefined;

describe(`ServerTls${openssl ? '' : ' (no openssl here, which makes the certificates)'}`, () => {
  const { serve } = servers();
  let folder = '';
  const file = (name: string): string => join(folder, name);
  const text = (name: string): string => readFileSync(file(name), 'utf8');
  const code = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => 'none',
      (error: unknown) => (error as { code?: string }).code,
    );

  before(function () {
    if (!openssl) return this.skip();
    folder = mkdtempSync(join(tmpdir(), 'wakechain-tls-'));
    const run = (...args: string[]): void => {
      const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
      if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
    };
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    run('req', '-x509', ...key, '-keyout', 'ca-key.pem', '-out', 'ca-cert.pem', '-days', '2', '-subj', '/CN=ca');
    writeFileSync(file('ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    for (const who of ['server', 'client']) {
      run('req', ...key, '-keyout', `${who}-key.pem`, '-out', `${who}.csr`, '-subj', `/CN=${who}`);
      const signed = ['-CA', 'ca-cert.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-days', '2', '-extfile', 'ext'];
      run('x509', '-req', '-in', `${who}.csr`, '-out', `${who}-cert.pem`, ...signed);
    }
  });

  /** Also when a test fails: who lost a server looks for it, and keeps the process alive. */
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  const psk = new Map([['me', Buffer.from('00112233445566778899aabbccddeeff', 'hex')]]);
  const device = new MemoryDevice({ size: 1 << 20 });
  const serverOptions = () => ({ cert: text('server-cert.pem'), key: text('server-key.pem'), ca: text('ca-cert.pem') });

  it('serves those who have a certificate, and reads and writes through it (P5)', async () => {
    const { uri } = await serve({ exports: { '': { device } }, tls: serverOptions() });
    const ca = text('ca-cert.pem');
    const mine = { ca, cert: text('client-cert.pem'), key: text('client-key.pem') };
    await using disk = await NbdDevice.open(uri, { tls: mine });
    const pages = new PagePool().allocate(200_000);
    pages.set(Uint8Array.from({ length: 196_608 }, (_, i) => i % 251));
    await disk.write(pages.range(0, 196_608), { position: 0, fua: true });
    expect(Buffer.compare(device.contents.subarray(0, 196_608), pages.bytes(0, 196_608))).to.equal(0);
    expect(await code(NbdDevice.open(uri, { tls: { ...mine, serverName: 'elsewhere' } }))).to.equal('ERR_NBD_TLS');
    expect(await code(NbdDevice.open(uri, { tls: { cert: mine.cert, key: mine.key } }))).to.equal('ERR_NBD_TLS');
    expect(await code(NbdDevice.open(uri.replace('nbds', 'nbd')))).to.equal('ERR_NBD_TLS');
    // The client learns of a certificate that it lacks only when it is through, and then hears nothing.
    expect(await code(NbdDevice.open(uri, { tls: { ca } }))).to.be.oneOf(['ERR_NBD_TLS', 'ERR_NBD_GONE']);
  });

  it('serves those who share a key, and nobody else (P5)', async () => {
    const { uri } = await serve({ exports: { '': { device } }, tls: { psk } });
    const key = psk.get('me') as Buffer;
    await using disk = await NbdDevice.open(uri, { tls: { psk: { identity: 'me', key } } });
    expect(await disk.flush()).to.equal(0);
    expect(await code(NbdDevice.open(uri, { tls: { psk: { identity: 'you', key } } }))).to.equal('ERR_NBD_TLS');
    const wrong = { identity: 'me', key: Buffer.alloc(16) };
    expect(await code(NbdDevice.open(uri, { tls: { psk: wrong } }))).to.equal('ERR_NBD_TLS');
  });

  it('serves those who have either, where there are both (P5)', async () => {
    const { ca, cert, key } = serverOptions();
    const { uri } = await serve({ exports: { '': { device } }, tls: { cert, key, psk } });
    const mine = { psk: { identity: 'me', key: psk.get('me') as Buffer } };
    for (const tls of [mine, { ca }]) {
      await using disk = await NbdDevice.open(uri, { tls });
      expect(await disk.flush()).to.equal(0);
    }
    const wrong = { psk: { identity: 'me', key: Buffer.alloc(16) } };
    expect(await code(NbdDevice.open(uri, { tls: wrong }))).to.equal('ERR_NBD_TLS');
  });

  it('keeps within TLS to what the client has said of itself, and to nothing that was agreed on (P1, P5)', async () => {
    const { path } = await serve({ exports: { '': { device } }, tls: { psk } });
    const socket = createConnection(path);
    const heard = async (from: Readable, bytes: number): Promise<string> => {
      while (from.readableLength < bytes) await once(from, 'readable');
      return (from.read(bytes) as Buffer).toString('hex');
    };
    await heard(socket, 18);
    socket.write(Buffer.from('00000003 49484156454f5054 00000005 00000000'.replaceAll(' ', ''), 'hex'));
    expect((await heard(socket, 20)).slice(24, 32)).to.equal('00000001');
    const key = psk.get('me') as Buffer;
    const secure = connect({ socket, pskCallback: () => ({ identity: 'me', psk: key }), ciphers: 'PSK', checkServerIdentity: () => undefined }); // prettier-ignore
    await once(secure, 'secureConnect');
    // NO_ZEROES was said: ten bytes, and the reply to a request right behind them.
    const flush = '25609513 0000 0003 0000000000000007 0000000000000000 00000000';
    secure.write(Buffer.from(`49484156454f5054 00000001 00000000 ${flush}`.replaceAll(' ', ''), 'hex'));
    expect((await heard(secure, 26)).slice(20)).to.equal('67446698000000000000000000000007');
    secure.destroy();
  });

  it('tells and serves nothing before TLS has begun (P5)', async () => {
    const log: string[] = [];
    const { path } = await serve({ exports: { '': { device } }, tls: { psk }, log: (line) => log.push(line) });
    const client = new RawClient(path);
    await client.read(18);
    client.say('00000003');
    const options = [wire.OPT_LIST, wire.OPT_INFO, wire.OPT_GO, wire.OPT_STRUCTURED_REPLY, 99];
    for (const option of options) {
      client.say(`49484156454f5054 ${option.toString(16).padStart(8, '0')} 00000000`);
      expect((await client.read(20)).slice(24, 32)).to.equal('80000005');
      await client.read(15);
    }
    client.close();
    const chosen = await exchange(path, '00000003 49484156454f5054 00000001 00000000');
    expect(chosen).to.have.lengthOf(36);
    expect(log.join()).to.match(/wants an export without TLS/);
  });

  it('takes nothing for secured that came in plain text behind the option (P5)', async () => {
    const log: string[] = [];
    const { path } = await serve({ exports: { '': { device } }, tls: { psk }, log: (line) => log.push(line) });
    const heard = await exchange(
      path,
      '00000003 49484156454f5054 00000005 00000000 49484156454f5054 00000003 00000000',
    );
    expect(heard).to.have.lengthOf(36 + 40);
    expect(log.join()).to.match(/more in plain text behind the option/);
  });

  it('hangs up on who speaks no TLS when it has begun, and tells of TLS once (P5)', async () => {
    const log: string[] = [];
    const { path } = await serve({ exports: { '': { device } }, tls: serverOptions(), log: (line) => log.push(line) });
    const client = new RawClient(path);
    await client.read(18);
    client.say('00000003 49484156454f5054 00000005 00000000');
    await client.read(20);
    client.say(Buffer.alloc(100, 0x47));
    await client.closed;
    expect(log.join()).to.match(/TLS failed/);
    const again = new RawClient(path);
    await again.read(18);
    again.say('00000003 49484156454f5054 00000005 00000000');
    await again.read(20);
    again.socket.removeAllListeners('data');
    const secret = { ca: text('ca-cert.pem'), cert: text('client-cert.pem'), key: text('client-key.pem') };
    const secure = connect({ socket: again.socket, servername: 'localhost', ...secret });
    const heard = await new Promise<Buffer>((resolve) => {
      secure.once('data', resolve);
      secure.write(Buffer.from('49484156454f50540000000500000000', 'hex'));
    });
    expect(heard.toString('hex', 12, 16)).to.equal('80000003');
    secure.destroy();
  });

  it(`serves libnbd${has('nbdinfo') ? '' : ' (no nbdinfo here)'} (P5)`, async function () {
    if (!has('nbdinfo')) return this.skip();
    writeFileSync(file('keys.psk'), 'me:00112233445566778899aabbccddeeff\n', { mode: 0o600 });
    const shared = await serve({ exports: { '': { device } }, tls: { psk } });
    const run = async (uri: string): Promise<string> => {
      const { execFile } = await import('node:child_process');
      return new Promise((resolve) => {
        execFile('nbdinfo', [uri], (_error, stdout, stderr) => {
          resolve(stdout + stderr);
        });
      });
    };
    expect(
      await run(`${shared.uri}&tls-psk-file=${file('keys.psk')}`.replace('nbds+unix://', 'nbds+unix://me@')),
    ).to.match(/newstyle-fixed with TLS/);
    const { cert, key } = serverOptions();
    const either = await serve({ exports: { '': { device } }, tls: { cert, key, psk } });
    expect(
      await run(`${either.uri}&tls-psk-file=${file('keys.psk')}`.replace('nbds+unix://', 'nbds+unix://me@')),
    ).to.match(/newstyle-fixed with TLS/);
    expect(await run(`${either.uri}&tls-certificates=${folder}`)).to.match(/newstyle-fixed with TLS/);
    const certified = await serve({ exports: { '': { device } }, tls: serverOptions() });
    expect(await run(`${certified.uri}&tls-certificates=${folder}`)).to.match(/newstyle-fixed with TLS/);
    expect(await run(certified.uri.replace('nbds', 'nbd'))).to.match(/TLS|failed|error/i);
  });

  it('tells a handshake that fails to nobody else, however many there were before (P5)', async () => {
    const { uri, server } = await serve({ exports: { '': { device } }, tls: { psk } });
    const mine = { psk: { identity: 'me', key: psk.get('me') as Buffer } };
    const yours = { psk: { identity: 'you', key: psk.get('me') as Buffer } };
    const disks: NbdDevice[] = [];
    closing.push(() => Promise.all(disks.map((disk) => disk.close())));
    const open = async (): Promise<unknown> => disks.push(await NbdDevice.open(uri, { tls: mine }));
    for (let i = 0; i < 3; i++) {
      await Promise.all([open(), open()]);
      expect(await code(NbdDevice.open(uri, { tls: yours }))).to.equal('ERR_NBD_TLS');
    }
    expect(await Promise.all(disks.map((disk) => disk.flush()))).to.deep.equal([0, 0, 0, 0, 0, 0]);
    expect([server.figures.expelled, server.connections]).to.deep.equal([3, 6]);
  });

  it('is shut down while TLS begins, at once and without a word of who was about to (P4)', async () => {
    const log: string[] = [];
    const { path, server } = await serve({ exports: { '': { device } }, tls: { psk }, log: (line) => log.push(line) });
    const client = new RawClient(path);
    await client.read(18);
    client.say('00000003 49484156454f5054 00000005 00000000');
    await client.read(20);
    await server.close({ graceMs: 60_000 });
    await client.closed;
    expect([log, server.figures.expelled, server.connections]).to.deep.equal([[], 0, 0]);
  });

  it('is found in a certificate by its address, which is no name to ask for (P5)', async () => {
    const { cert, key, ca } = serverOptions();
    await using server = new NbdServer({ exports: { '': { device } }, tls: { cert, key } });
    const uri = await server.listen({ port: 0 });
    const warnings: Error[] = [];
    const listener = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', listener);
    const disk = await NbdDevice.open(uri, { tls: { ca } });
    expect(await disk.flush()).to.equal(0);
    await disk.close();
    expect(await code(NbdDevice.open(uri, { tls: { ca, serverName: '127.0.0.2' } }))).to.equal('ERR_NBD_TLS');
    process.removeListener('warning', listener);
    expect(warnings).to.deep.equal([]);
  });

  it('refuses what it could not speak TLS with (I6)', () => {
    for (const tls of [{}, { cert: 'x' }, { cert: 'x', key: 'y' }, { psk: new Map<string, Buffer>() }]) {
      expect(() => new ServerTls(tls))
        .to.throw(OptionError)
        .with.property('code', 'ERR_TLS');
    }
  });
});
