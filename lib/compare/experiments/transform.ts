import { MemoryDevice } from '../../io/index.js';
import { PACKED_UNIT, UNIT, type Blueprint } from '../blueprint.js';
import { DeviceBottom } from '../bottom.js';
import { contend, oneByOne, type Stack, type Work } from '../contend.js';
import { copies } from '../copies.js';
import type { Experiment } from '../experiment.js';
import { randomFrom } from '../statistics.js';

const key = Uint8Array.from({ length: 64 }, (_, i) => i);

/** Q2: layers as file systems have them, that need memory of their own or check what comes. */
export const transform: Experiment = {
  name: 'transform',
  title: 'Layers that transform',
  question:
    'What do encryption, checksums and a layer that changes the size take under each design: how many buffers and copies?',
  unit: 'blocks',
  xLabel:
    'Blocks of 4,096 bytes of a request, written and read back, encrypted over checksums over a header for each block',
  points: { quick: [16], full: [1, 16, 32], thorough: [1, 4, 16, 32] },
  metrics: [
    {
      name: 'copied',
      unit: 'B',
      better: 'less',
      kind: 'exact',
      meaning: 'bytes moved from one memory to another unchanged',
    },
    {
      name: 'buffered',
      unit: 'B',
      better: 'less',
      kind: 'exact',
      meaning: "memory of the layers' or the design's own",
    },
  ],
  decides: ['copied', 'buffered', 'time'],
  at: (blocks, setting) =>
    contend(
      blocks,
      setting,
      () => packedDevice(blocks),
      (stack) => writeAndRead(stack, blocks * UNIT, setting.seed),
    ),
};

function packedDevice(blocks: number): Blueprint {
  const device = new MemoryDevice({ size: blocks * PACKED_UNIT });
  const over: Blueprint = { kind: 'pack', over: { kind: 'device', bottom: new DeviceBottom(device) } };
  return { kind: 'crypt', key, over: { kind: 'checksum', over } };
}

/** One write and one read after the other, so that both are in a figure; at the end it looks whether the bytes are right. */
function writeAndRead({ device, pool, layersPool, rival }: Stack, length: number, seed: number): Work {
  const written = pool.allocate(length);
  const read = pool.allocate(length);
  const random = randomFrom(seed);
  const bytes = Uint8Array.from({ length }, () => Math.floor(random() * 256));
  written.set(bytes);
  let requests = 0;
  const run = oneByOne(
    () => (requests++ % 2 === 0 ? device.write(written.range(0, length), { position: 0 }) : device.read(read.range(0, length), { position: 0 })), // prettier-ignore
    length,
  );
  return {
    run: (times) => run(2 * times),
    totals: () => ({ copied: copies.bytes, buffered: layersPool.taken + copies.made }),
    after() {
      // The edge alone stores nothing.
      const same = rival.name === 'edge' || Buffer.compare(read.bytes(0, length), bytes) === 0;
      if (same) return Promise.resolve({});
      return Promise.reject(new Error(`${rival.name} has read other bytes than it wrote`));
    },
  };
}
