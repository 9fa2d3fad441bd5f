import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Linear, MemoryDevice, PagePool, Retry, type BlockDevice } from '../../lib/io/index.js';
import { NbdDevice, type NbdDeviceOptions } from '../../lib/nbd/index.js';
import { Random, seed } from '../conformance/random.js';
import { serve } from './nbd-served.js';
import { makeCertificates } from './nbd-tls.js';
import { listens } from './listens.js';
import { check, itWith, run, startUntil, type Running } from './programs.js';

const MiB = 1 << 20;

describe('NbdDevice, with the servers of others', function () {
  this.timeout(60_000);
  const pool = new PagePool();
  let folder: string;
  let servers: Running[] = [];
  let devices: BlockDevice[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wakechain-peers-'));
  });
  afterEach(async () => {
    for (const device of devices) await device.close();
    for (const server of servers) await server.stop();
    [devices, servers] = [[], []];
    await rm(folder, { recursive: true, force: true });
    expect(pool.pagesInUse, 'pages in use').to.equal(0);
  });

  /** Starts a server that makes a socket, and opens what it serves. */
  async function open(
    program: string,
    args: readonly string[],
    options: NbdDeviceOptions = {},
    uri = 'nbd+unix:///?socket=',
  ): Promise<NbdDevice> {
    const socket = join(folder, `s${String(servers.length)}`);
    const all = args.map((arg) => (arg === 'SOCKET' ? socket : arg));
    servers.push(await startUntil(program, all, () => listens(socket)));
    const device = await NbdDevice.open(`${uri}${socket}`, options);
    devices.push(device);
    return device;
  }

  /** Random requests, many in flight, on parts of the device of their own; what was read must be what was written. */
  async function tryOut(device: BlockDevice, rounds = 40): Promise<void> {
    const random = new Random(seed);
    const span = 256 * 1024;
    const worker = async (index: number): Promise<void> => {
      const model = new Uint8Array(span);
      const base = index * span;
      const pages = pool.allocate(span);
      const fill = (length: number): Uint8Array => new Uint8Array(length).fill(1 + random.below(255));
      for (let round = 0; round < rounds; round++) {
        const at = 512 * random.below(span / 512);
        const length = Math.min(span - at, 512 * (1 + random.below(128)));
        const position = base + at;
        const kind = random.below(10);
        if (kind < 5) {
          pages.set(fill(length));
          model.set(pages.bytes(0, length), at);
          expect(await device.write(pages.range(0, length), { position, fua: kind === 0 })).to.equal(length);
        } else if (kind === 5 && device.operations.includes('writeZeroes')) {
          model.fill(0, at, at + length);
          await device.writeZeroes(length, { position });
        } else if (kind === 6) await device.flush();
        else {
          expect(await device.read(pages.range(0, length), { position })).to.equal(length);
          expect(Buffer.compare(pages.bytes(0, length), model.subarray(at, at + length)), `seed ${seed}`).to.equal(0);
        }
      }
      pages.free();
    };
    await zeroed(device);
    await Promise.all(Array.from({ length: 16 }, (_, i) => worker(i)));
  }

  /** Makes sure that it begins with zeroes. */
  async function zeroed(device: BlockDevice): Promise<void> {
    const pages = pool.allocate(4 * MiB);
    pages.set(new Uint8Array(4 * MiB));
    await device.write(pages, { position: 0 });
    pages.free();
  }

  itWith(['nbdkit'], 'nbdkit, over memory, on several connections', async () => {
    await tryOut(await open('nbdkit', ['-f', '-U', 'SOCKET', 'memory', '8M'], { connections: 3 }));
  });

  itWith(['nbdkit'], 'nbdkit: sizes, errors and read-only exports come through', async () => {
    const plain = await open('nbdkit', ['-f', '-r', '-U', 'SOCKET', 'pattern', '1M']);
    expect([plain.size, plain.operations.includes('write')]).to.deep.equal([MiB, false]);
    const pages = pool.allocate(4096);
    await plain.read(pages, { position: 8192 });
    expect(Buffer.from(pages.bytes(0, 16)).toString('hex')).to.equal('00000000000020000000000000002008');
    const faulty = await open('nbdkit', ['-f', '-U', 'SOCKET', '--filter=error', 'memory', '1M', 'error=ENOSPC', 'error-pwrite-rate=100%']); // prettier-ignore
    const error: unknown = await faulty.write(pages, { position: 0 }).then(null, (failure: unknown) => failure);
    expect(error).to.include({ code: 'ENOSPC' });
    pages.free();
  });

  itWith(['qemu-nbd', 'qemu-img'], 'qemu-nbd, over raw and qcow2 images', async () => {
    for (const format of ['raw', 'qcow2']) {
      const image = join(folder, `image.${format}`);
      await check('qemu-img', 'create', '-q', '-f', format, image, '8M');
      await tryOut(await open('qemu-nbd', ['--persistent', '--shared=0', '-k', 'SOCKET', '-f', format, image], { connections: 2 })); // prettier-ignore
    }
  });

  itWith(
    ['nbdkit', 'nbdinfo', 'nbdcopy'],
    "nbdkit's holes are holes of what is served over it, and nbdcopy leaves them out (I14)",
    async () => {
      const member = await open('nbdkit', ['-f', '-U', 'SOCKET', 'memory', '16M']);
      const pages = pool.allocate(MiB);
      pages.set(new Uint8Array(MiB).fill(7));
      await member.write(pages, { position: 4 * MiB });
      const top = new Linear([
        { device: new Retry(member), length: 8 * MiB },
        { device: member, start: 8 * MiB },
      ]);
      const served = await serve(top);
      try {
        const map = await check('nbdinfo', '--map', '--json', served.uri);
        const extents = (JSON.parse(map) as { offset: number; length: number; type: number }[]).map(
          ({ offset, length, type }) => [offset / MiB, length / MiB, type],
        );
        expect(extents).to.deep.equal([[0, 4, 3], [4, 1, 0], [5, 11, 3]]); // prettier-ignore
        const copy = join(folder, 'copy');
        await check('nbdcopy', served.uri, copy);
        const wrote = await readFile(copy);
        expect(wrote.findIndex((byte) => byte !== 0)).to.equal(4 * MiB);
        expect(wrote.filter((byte) => byte === 7)).to.have.lengthOf(MiB);
        expect(served.server.figures.bytesRead).to.equal(MiB);
      } finally {
        await served.close();
        pages.free();
      }
    },
  );

  itWith(
    ['nbdkit', 'openssl'],
    'nbdkit, with TLS by certificates: verified, and refused when signed by another',
    async () => {
      await makeCertificates(folder);
      const args = ['-f', '--tls=require', `--tls-certificates=${folder}`, '-U', 'SOCKET', 'memory', '8M'];
      const ca = await readFile(join(folder, 'ca-cert.pem'));
      await tryOut(await open('nbdkit', args, { tls: { ca } }, 'nbds+unix:///?socket='), 10);
      const refused: unknown = await open('nbdkit', args, { tls: {} }, 'nbds+unix:///?socket=').catch((error: unknown) => error); // prettier-ignore
      expect(refused).to.include({ code: 'ERR_NBD_TLS' });
    },
  );

  itWith(['nbdkit', 'psktool'], 'nbdkit, with TLS by pre-shared keys', async () => {
    const keys = join(folder, 'keys.psk');
    await check('psktool', '-u', 'anna', '-p', keys);
    const [identity = '', digits = ''] = (await readFile(keys, 'utf8')).trim().split(':');
    const psk = { identity, key: Buffer.from(digits, 'hex') };
    const args = ['-f', '--tls=require', `--tls-psk=${keys}`, '-U', 'SOCKET', 'memory', '8M'];
    await tryOut(await open('nbdkit', args, { tls: { psk } }, 'nbds+unix:///?socket='), 10);
  });

  itWith(
    ['nbdcopy', 'nbdinfo', 'openssl', 'psktool'],
    'and their clients with our server, with TLS by certificates and keys',
    async () => {
      await makeCertificates(folder);
      const [cert, key] = await Promise.all(['server-cert.pem', 'server-key.pem'].map((name) => readFile(join(folder, name)))) as [Buffer, Buffer]; // prettier-ignore
      const keys = join(folder, 'keys.psk');
      await check('psktool', '-u', 'anna', '-p', keys);
      const digits = (await readFile(keys, 'utf8')).trim().split(':')[1] ?? '';
      const device = new MemoryDevice({ size: 4 * MiB });
      const certified = await serve(device, { tls: { cert, key } });
      const keyed = await serve(device, { tls: { psk: new Map([['anna', Buffer.from(digits, 'hex')]]) } });
      try {
        const source = join(folder, 'source');
        await writeFile(source, new Uint8Array(4 * MiB).fill(0x5a));
        const uri = `nbds+unix:///?socket=${certified.socket}&tls-certificates=${folder}`;
        await check('nbdcopy', '--flush', source, uri);
        expect(device.contents.every((byte) => byte === 0x5a)).to.equal(true);
        const named = `nbds+unix://anna@/?socket=${keyed.socket}&tls-psk-file=${keys}`;
        expect(await check('nbdinfo', named)).to.include('newstyle-fixed with TLS');
        for (const { socket } of [certified, keyed]) {
          expect((await run('nbdinfo', [`nbd+unix:///?socket=${socket}`])).code).not.to.equal(0);
        }
      } finally {
        await certified.close();
        await keyed.close();
        await device.close();
      }
    },
  );

  itWith(
    ['nbdcopy', 'qemu-img'],
    'two servers of ours, mirrored by a third: one is killed, comes back, and is rebuilt',
    async () => {
      const { built, buildCommand } = await import('../cli/support.js');
      buildCommand();
      const disks = ['a', 'b'].map((name) => join(folder, name));
      const socketOf = (name: string): string => join(folder, `${name}.sock`);
      const command = (...args: string[]): Promise<string> => check(process.execPath, built, ...args);
      const up = async (name: string, ...args: string[]): Promise<Running> => {
        const server: Running = await startUntil(
          process.execPath,
          [built, 'serve', ...args, '--socket', socketOf(name)],
          async () => (await run('nbdinfo', [`nbd+unix:///?socket=${socketOf(name)}`])).code === 0,
        );
        servers.push(server);
        return server;
      };
      for (const disk of disks) {
        await writeFile(disk, '');
        await truncate(disk, 8 * MiB);
        await up(disk.slice(-1), '--file', disk);
      }
      const members = ['a', 'b'].map((name) => ({ type: 'nbd', uri: `nbd+unix:///?socket=${socketOf(name)}` }));
      const third = join(folder, 'third.json');
      await writeFile(third, JSON.stringify({ device: { type: 'mirror', members } }));
      await command('create', '--force', third); // What others serve may hold something.
      const top = await up('third', third);
      const uri = `nbd+unix:///?socket=${socketOf('third')}`;
      const source = join(folder, 'source');
      await writeFile(source, Buffer.alloc(7 * MiB, 'wakechain '));
      const copying = check('nbdcopy', '--flush', '--request-size=65536', source, uri);
      await servers[1]?.stop('SIGKILL');
      await copying;
      expect((await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', source, uri])).code).to.equal(0);
      await top.stop('SIGINT');
      await up('b', '--file', disks[1] ?? '');
      expect((await run(process.execPath, [built, 'check', third])).stdout).to.match(
        /degraded, its members are in-sync, failed/,
      );
      await command('rebuild', third);
      expect(await command('check', third)).to.match(/^mirror: .* no problem\n$/);
      for (const server of servers) await server.stop('SIGINT');
      const [a, b] = await Promise.all(disks.map((disk) => readFile(disk)));
      expect(Buffer.compare(a!.subarray(8192), b!.subarray(8192))).to.equal(0);
    },
  );
});
