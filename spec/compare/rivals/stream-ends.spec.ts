import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { DeviceBottom, HeldBottom } from '../../../lib/compare/index.js';
import { Abort } from '../../../lib/compare/rivals/context.js';
import {
  BottomReader,
  BottomWriter,
  CHUNK,
  Flow,
  PagesReader,
  PagesWriter,
  Pass,
} from '../../../lib/compare/rivals/stream-ends.js';
import { PULLED } from '../../../lib/io/io-error.js';
import { IoError, MemoryDevice, PAGE_SIZE, PagePool } from '../../../lib/io/index.js';

describe('Flow', () => {
  it('ends when the streams have and no device is busy, and only then gives back the memory (I5)', () => {
    const [pool, bottom, told] = [new PagePool(), new HeldBottom(), [] as string[]];
    const flow = new Flow(new Abort(), pool);
    flow.ends.push((succeeded) => void told.push(`a layer, of ${String(succeeded)}`));
    const pages = flow.allocate(PAGE_SIZE);
    flow.transfer(bottom, 'read', 0, pages, PAGE_SIZE, () => void told.push('the reader'));
    flow.ended(true, () => void told.push('the caller'));
    expect([told, pool.pagesInUse]).to.deep.equal([[], 1]);
    bottom.answer();
    expect(told).to.deep.equal(['the reader', 'a layer, of true', 'the caller']);
    expect(pool.pagesInUse).to.equal(0);
  });

  it('has no memory for a stream that has missed the end', () => {
    const flow = new Flow(new Abort(), new PagePool());
    flow.ended(false, () => {});
    expect(() => flow.allocate(PAGE_SIZE)).to.throw(PULLED);
  });

  it('keeps the first error in time of a device (I4)', () => {
    const [pool, bottom] = [new PagePool(), new HeldBottom()];
    const flow = new Flow(new Abort(), pool);
    const errors = (['EIO', 'ENOSPC'] as const).map((code) => new IoError(code));
    const pages = pool.allocate(PAGE_SIZE);
    for (let i = 0; i < 2; i++) flow.transfer(bottom, 'write', 0, pages, 512, () => {});
    for (const [i, transfer] of bottom.held.splice(0).entries()) transfer.finish(0, errors[i]!);
    expect(flow.failure).to.equal(errors[0]);
  });
});

describe('the ends of a pipeline', () => {
  it('carry what the memory holds to the device and back, a chunk at a time', async () => {
    const pool = new PagePool();
    const length = 2 * CHUNK + PAGE_SIZE;
    const bottom = new DeviceBottom(new MemoryDevice({ size: 4 * CHUNK }));
    const [from, to] = [pool.allocate(length + 512), pool.allocate(length + 512)];
    from.set(Uint8Array.from({ length: length + 512 }, (_, i) => (i * 11) % 253));
    const inFlow = async (body: (flow: Flow) => Promise<void>): Promise<number> => {
      const [flow, before] = [new Flow(new Abort(), pool), bottom.operations];
      await body(flow);
      await new Promise<void>((resolve) => flow.ended(true, resolve));
      return bottom.operations - before;
    };

    const writes = await inFlow((flow) =>
      pipeline(new PagesReader(from, 512, length), new BottomWriter(bottom, { position: 4096, length, flow })),
    );
    const sink = new PagesWriter(to, 512);
    const reads = await inFlow((flow) =>
      pipeline(new BottomReader(bottom, { position: 4096, length, flow }), new Pass('task'), sink),
    );
    expect([writes, reads, sink.bytes]).to.deep.equal([3, 3, length]);
    expect(Buffer.compare(to.bytes(512, length), from.bytes(512, length))).to.equal(0);
    for (const pages of [from, to]) pages.free();
    expect(pool.pagesInUse).to.equal(0);
  });
});
