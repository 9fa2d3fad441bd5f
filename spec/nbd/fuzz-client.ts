import { connect, createServer, type Socket } from 'node:net';
import { IoError } from '../../lib/io/io-error.js';
import { PagePool } from '../../lib/io/pages.js';
import { NbdDevice } from '../../lib/nbd/nbd-device.js';
import { NbdError } from '../../lib/nbd/nbd-error.js';
import { ArgumentRangeError } from '../../lib/wait/errors.js';
import { Random } from '../conformance/random.js';
import { mangled } from './fuzz.js';

const pool = new PagePool();

/**
 * One client of a server whose words are mangled on their way, as a seed says, and what it asks for. Resolves when it is
 * closed. Throws for anything but a success or an error that the client tells of.
 * @param server where a server listens, and `between` where the one is to listen that mangles its words
 */
export async function fuzzClientOnce(server: string, between: string, seed: number): Promise<void> {
  const random = new Random(seed);
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const behind = connect(server);
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        behind.destroy();
      });
    }
    client.on('data', (chunk) => behind.write(chunk));
    behind.on('data', (chunk: Buffer) => {
      if (random.below(200) === 0) client.destroy();
      else client.write(random.below(8) === 0 ? mangled(random, chunk) : chunk);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(between, resolve));
  try {
    await asked(random, between);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  }
}

async function asked(random: Random, path: string): Promise<void> {
  const device = await NbdDevice.open(
    { path },
    {
      connectMs: 100,
      answerMs: 30,
      reconnectMs: 1,
      reconnectMaxMs: 4,
      waitMs: random.below(2) * 20,
      connections: 1 + random.below(2),
      extendedHeaders: random.below(2) === 0,
      direct: random.below(2) === 0,
    },
  ).catch((error: unknown) => {
    // Sizes that are mangled may be those of no device.
    if (error instanceof NbdError || error instanceof ArgumentRangeError) return null;
    throw error;
  });
  if (device === null) return;
  const pages = pool.allocate(128 * 1024);
  try {
    for (let i = 0; i < 6; i++)
      await Promise.all(Array.from({ length: 1 + random.below(4) }, () => request(random, device, pages)));
  } finally {
    await device.close();
  }
  if (pages.pinned) throw new Error('Pages are pinned by a device that is closed');
  pages.free();
}

async function request(random: Random, device: NbdDevice, pages: ReturnType<PagePool['allocate']>): Promise<void> {
  const { blockSize, size } = device;
  const blocks = Math.floor(Math.min(size, pages.length) / blockSize);
  if (blocks === 0) return;
  const length = blockSize * (1 + random.below(random.below(3) === 0 ? blocks : Math.min(blocks, 4)));
  const position = blockSize * random.below(Math.min(2 ** 20, (size - length) / blockSize + 1));
  try {
    switch (random.below(6)) {
      case 0:
        await device.write(pages.range(0, length), { position, fua: random.below(2) === 0 });
        break;
      case 1:
        await device.extents(position, length);
        break;
      case 2:
        if (device.operations.includes('writeZeroes')) await device.writeZeroes(length, { position });
        break;
      case 3:
        if (device.operations.includes('flush')) await device.flush();
        break;
      default:
        await device.read(pages.range(0, length), { position });
    }
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
  }
}
