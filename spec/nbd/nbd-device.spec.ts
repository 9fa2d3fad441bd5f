import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { PagePool } from '../../lib/io/pages.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { NbdDevice } from '../../lib/nbd/nbd-device.js';
import { NbdError } from '../../lib/nbd/nbd-error.js';
import { NbdServer } from '../../lib/nbd/server.js';
import { ArgumentError, ArgumentRangeError } from '../../lib/wait/errors.js';
import { deviceContract } from '../conformance/device-contract.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { Random, seed } from '../conformance/random.js';
import { servers, until } from './support.js';

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code,
  );

describe('NbdDevice', () => {
  const { serve, newPath } = servers();

  const forms = { extended: {}, structured: { extendedHeaders: false }, copied: { direct: false, connections: 3 } };
  for (const [form, options] of Object.entries(forms)) {
    describe(`with ${form} replies`, () => {
      deviceContract(
        'nbd',
        async ({ size, strategy }) => {
          const { uri } = await serve(new MemoryDevice({ size }));
          return NbdDevice.open(uri, { ...options, ...(strategy && { strategy }), depth: 5 });
        },
        20,
      );
    });
  }

  it('reads from memory what was written and acknowledged, while others write beside it (I15)', async () => {
    const device = new MemoryDevice({ size: 1 << 20 });
    const { uri } = await serve(device);
    const [reader, writer] = [await NbdDevice.open(uri), await NbdDevice.open(uri)];
    const pool = new PagePool();
    const random = new Random(seed);
    const half = device.size / 2;
    const model = new Uint8Array(half);
    const [noise, pages] = [pool.allocate(half), pool.allocate(half)];
    for (let i = 0; i < 100; i++) {
      const blocks = 1 + random.below(random.chance(50) ? 8 : half / 512);
      const [position, length] = [512 * random.below(half / 512 - blocks + 1), 512 * blocks];
      pages.set(model.fill(i, position, position + length).subarray(position, position + length), position);
      const beside = writer.write(noise, { position: half });
      await reader.write(pages.range(position, length), { position, fua: random.chance(10) });
      pages.set(new Uint8Array(half));
      await Promise.all([beside, reader.read(pages, { position: 0 })]);
      expect(Buffer.compare(pages.bytes(), model), `WAKECHAIN_SEED=${String(seed)}, after ${String(i)}`).to.equal(0);
    }
    await Promise.all([reader.close(), writer.close()]);
  });

  it('finds exports by name, and tells what they can do', async () => {
    const device = new MemoryDevice({ size: 8192 });
    const { uri } = await serve({
      exports: { a: { device }, 'b/c d': { device, readOnly: true, description: 'bcd' } },
    });
    expect(await NbdDevice.list(uri)).to.deep.equal([
      { name: 'a', description: 'memory' },
      { name: 'b/c d', description: 'bcd' },
    ]);
    const other = uri.replace('///a', '///b/c%20d');
    const readOnly = await NbdDevice.open(other);
    expect([readOnly.uri, readOnly.size, readOnly.operations]).to.deep.equal([other, 8192, ['read', 'flush']]);
    expect(await readOnly.flush()).to.equal(0);
    await readOnly.close();
    const writable = await NbdDevice.open(uri, { blockSize: 4096, name: 'mine' });
    expect([writable.blockSize, writable.name]).to.deep.equal([4096, 'mine']);
    expect(writable.operations).to.have.members(['read', 'write', 'flush', 'discard', 'writeZeroes']);
    await writable.close();
    expect(await codeOf(NbdDevice.open(uri.replace('///a', '///z')))).to.equal('ERR_NBD_REFUSED');
  });

  it('refuses what makes no sense, and says when there is nobody (I6)', async () => {
    await refused(NbdDevice.open('http://x/'), ArgumentError, 'ERR_NBD_URI');
    const { uri } = await serve(new MemoryDevice({ size: 8192 }));
    await refused(NbdDevice.open(uri, { depth: 0 }), ArgumentRangeError, 'ERR_DEPTH');
    await refused(NbdDevice.open(uri, { connections: 1.5 }), ArgumentRangeError, 'ERR_CONNECTIONS');
    await refused(NbdDevice.open(uri, { waitMs: -1 }), ArgumentRangeError, 'ERR_DELAY');
    await refused(NbdDevice.open(uri, { blockSize: 3 }), ArgumentRangeError, 'ERR_BLOCK_SIZE');
    await refused(NbdDevice.open({ path: newPath() }), NbdError, 'ERR_NBD_GONE');
  });

  it('learns which ranges of a read succeeded (N13)', async () => {
    const faulty = new FaultyDevice({ blockSize: 512 });
    faulty.contents.fill(5);
    faulty.onSubmit = (op) => {
      op.fail('EIO', [
        { offset: 512, length: 512 },
        { offset: 2048, length: 512 },
      ]);
      return false;
    };
    const { uri } = await serve(faulty);
    for (const extendedHeaders of [true, false]) {
      await using device = await NbdDevice.open(uri, { extendedHeaders });
      const pages = new PagePool().allocate(4096);
      pages.set(new Uint8Array(4096));
      const request = device.read(pages, { position: 4096 });
      expect(await codeOf(request.promise())).to.equal('EIO');
      expect(request.succeeded).to.deep.equal([
        { offset: 0, length: 512 },
        { offset: 1024, length: 1024 },
        { offset: 2560, length: 1536 },
      ]);
      expect([...pages.bytes()].filter((byte) => byte === 5)).to.have.lengthOf(3072);
    }
  });

  it('carves up what is longer than the server allows', async () => {
    const memory = new MemoryDevice({ size: 1 << 20 });
    const { uri, server } = await serve({ exports: { '': { device: memory } }, limits: { requestBytes: 65536 } });
    await using device = await NbdDevice.open(uri);
    const pages = new PagePool().allocate(300_000);
    pages.set(Uint8Array.from({ length: 299_520 }, (_, i) => i % 251));
    expect(await device.write(pages.range(0, 299_520), { position: 512 })).to.equal(299_520);
    expect(Buffer.compare(memory.contents.subarray(512, 300_032), pages.bytes(0, 299_520))).to.equal(0);
    expect(server.figures.requests).to.equal(5);
  });

  it('cancels what waits here, and leaves what was sent to finish (N14)', async () => {
    const faulty = new FaultyDevice();
    const { uri } = await serve(faulty);
    await using device = await NbdDevice.open(uri, { depth: 1 });
    const pages = new PagePool().allocate(4096);
    const sent = device.read(pages.range(0, 512), { position: 0 });
    const waiting = device.read(pages.range(512, 512), { position: 512 });
    expect([device.queued, waiting.cancel(), sent.cancel()]).to.deep.equal([1, 'cancelled', 'requested']);
    await arrived(faulty);
    faulty.answerAll();
    expect(await sent).to.equal(512);
    expect(faulty.log).to.deep.equal(['read 0+512']);
  });

  it('fails what runs when the server goes, connects again, and then fails one flush (I7)', async () => {
    const faulty = new FaultyDevice();
    const first = new NbdServer({ exports: { '': { device: faulty } } });
    const path = newPath();
    const uri = await first.listen({ path });
    await using device = await NbdDevice.open(uri, { reconnectMs: 1 });
    const pages = new PagePool().allocate(4096);
    faulty.inline = true;
    await device.write(pages, { position: 0 });
    faulty.inline = false;
    const running = device.read(pages, { position: 0 });
    await arrived(faulty);
    const closing = first.close({ graceMs: 0 });
    expect(await codeOf(running.promise())).to.equal('ENXIO');
    expect([device.online, await codeOf(device.read(pages, { position: 0 }).promise())]).to.deep.equal([
      false,
      'ENXIO',
    ]);
    faulty.answerAll();
    await closing;
    faulty.inline = true;
    await using _second = await serveAt(path, faulty);
    while (!device.online) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(await codeOf(device.flush().promise())).to.equal('EIO');
    expect(await device.flush()).to.equal(0);
  });

  it('lets requests wait for a server that is away, for so long, where it is told to (P7)', async () => {
    const path = newPath();
    const first = await serveAt(path, new MemoryDevice({ size: 8192 }));
    await using device = await NbdDevice.open({ path }, { reconnectMs: 1, waitMs: 60_000 });
    await first.close();
    await until(() => !device.online);
    const waiting = device.flush();
    const cancelled = device.flush();
    expect([device.queued, cancelled.cancel()]).to.deep.equal([2, 'cancelled']);
    const second = await serveAt(path, new MemoryDevice({ size: 8192 }));
    expect(await waiting).to.equal(0);
    await second.close();
  });

  it('says which server it is that is not there or refuses, and why', async () => {
    const nobody = `nbd+unix:///x?socket=${newPath()}`;
    const messageOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'none', (error: unknown) => (error as Error).message); // prettier-ignore
    const missing = await messageOf(NbdDevice.open(nobody));
    expect(missing).to.match(/ENOENT/).and.to.satisfy((text: string) => text.startsWith(`${nobody}: The server is gone: `)); // prettier-ignore
    expect(await messageOf(NbdDevice.list(nobody))).to.equal(missing);
    const { uri } = await serve({ exports: { a: { device: new MemoryDevice({ size: 8192 }) } } });
    const other = uri.replace('///a', '///b');
    expect(await messageOf(NbdDevice.open(other))).to.equal(
      `${other}: The server does not serve "b": There is no export "b"`,
    );
  });

  it('is not connected again to an export that has changed (P7)', async () => {
    const path = newPath();
    const first = await serveAt(path, new MemoryDevice({ size: 8192 }));
    await using device = await NbdDevice.open({ path }, { reconnectMs: 1 });
    await first.close();
    await until(() => !device.online);
    const second = await serveAt(path, new MemoryDevice({ size: 4096 }));
    expect(await codeOf(device.connected())).to.equal('ERR_NBD_CHANGED');
    expect([device.online, await codeOf(device.flush().promise())]).to.deep.equal([false, 'ENXIO']);
    expect(device.failure).to.have.property('code', 'ERR_NBD_CHANGED');
    await second.close();
  });

  it('gives up a server that says nothing while requests are under way (P7)', async () => {
    const faulty = new FaultyDevice();
    const { uri } = await serve(faulty);
    await using device = await NbdDevice.open(uri, { answerMs: 30, reconnectMs: 60_000 });
    expect(await codeOf(device.flush().promise())).to.equal('ENXIO');
    // On a busy machine its time may be over before the server, which is here too, has read the request.
    await until(() => faulty.pending[0]?.cancelled === true);
    faulty.answerAll();
  });

  it('gives up a server that says nothing after it was asked nothing for as long (P7)', async () => {
    const faulty = new FaultyDevice({ inline: true });
    const { uri } = await serve(faulty);
    await using device = await NbdDevice.open(uri, { answerMs: 30, reconnectMs: 60_000 });
    await device.flush();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(device.online).to.equal(true);
    faulty.inline = false;
    const silent = device.flush();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, 1000, 'never')));
    const given = await Promise.race([codeOf(silent.promise()), late]);
    clearTimeout(timer);
    // On a busy machine its time may be over before the server, which is here too, has read the request.
    await until(() => faulty.pending.length > 0);
    faulty.answerAll();
    expect(given).to.equal('ENXIO');
  });

  it('is a member of a mirror, which drops it with its server and rebuilds it when that is back', async () => {
    const path = newPath();
    const [near, far] = [new MemoryDevice({ size: 1 << 20 }), new MemoryDevice({ size: 1 << 20 })];
    const first = await serveAt(path, far);
    const member = await NbdDevice.open({ path }, { reconnectMs: 1 });
    const pool = new PagePool();
    await using mirror = await Mirror.create([near, member], { pool });
    const pages = pool.allocate(4096);
    pages.set(new Uint8Array(4096).fill(7));
    await mirror.write(pages, { position: 0 });
    await first.close();
    expect(await mirror.write(pages, { position: 8192 })).to.equal(4096);
    expect(mirror.degraded).to.equal(true);
    const second = await serveAt(path, far);
    await member.connected();
    await mirror.rebuild(1, member);
    expect(mirror.degraded).to.equal(false);
    expect(far.contents.filter((byte) => byte === 7).length).to.be.at.least(8192);
    await mirror.close();
    await second.close();
  });
});

async function refused(promise: Promise<unknown>, kind: new (...args: never[]) => Error, code: string): Promise<void> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(kind).with.property('code', code);
}

/** Waits until something has reached the device. */
async function arrived(faulty: FaultyDevice): Promise<void> {
  while (faulty.pending.length === 0) await new Promise((resolve) => setImmediate(resolve));
}

async function serveAt(path: string, device: FaultyDevice | MemoryDevice): Promise<NbdServer> {
  const server = new NbdServer({ exports: { '': { device } } });
  await server.listen({ path });
  return server;
}
