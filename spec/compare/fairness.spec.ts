import fc from 'fast-check';
import { expect } from 'chai';
import { bottomsOf, DeviceBottom, isCannot, rivals, type Blueprint } from '../../lib/compare/index.js';
import { MemoryDevice, PAGE_SIZE, PagePool } from '../../lib/io/index.js';
import { seed } from '../conformance/random.js';

const key = Uint8Array.from({ length: 64 }, (_, i) => i);

/** Stacks of a few layers, drawn; `device` makes a bottom. */
function stacks(device: () => Blueprint): fc.Arbitrary<Blueprint> {
  const { stack } = fc.letrec<{ stack: Blueprint }>((tie) => {
    const over = tie('stack');
    const members = (count: number) =>
      Array.from({ length: count }, (): Blueprint => ({ kind: 'pass', over: device() }));
    const several = fc.integer({ min: 2, max: 3 });
    return {
      stack: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null).map(device),
        over.map((lower): Blueprint => ({ kind: 'pass', over: lower })),
        over.map((lower): Blueprint => ({ kind: 'crypt', key, over: lower })),
        over.map((lower): Blueprint => ({ kind: 'checksum', over: lower })),
        over.map((lower): Blueprint => ({ kind: 'queue', depth: 2, over: lower })),
        over.map((lower): Blueprint => ({ kind: 'retry', attempts: 1, over: lower })),
        over.map((lower): Blueprint => ({ kind: 'defer', when: 'microtask', over: lower })),
        several.map((count): Blueprint => ({ kind: 'stripe', chunk: PAGE_SIZE, over: members(count) })),
        several.map((count): Blueprint => ({ kind: 'mirror', over: members(count) })),
      ),
    };
  });
  return stack;
}

describe('the comparison is fair', () => {
  const memory = (): Blueprint => ({
    kind: 'device',
    bottom: new DeviceBottom(new MemoryDevice({ size: 24 * PAGE_SIZE })),
  });

  it('the same bytes lie on the same devices, and come back, under every design that can', async () => {
    const pool = new PagePool();
    const program = fc.array(fc.record({ block: fc.nat(7), blocks: fc.integer({ min: 1, max: 6 }), fill: fc.integer({ min: 1, max: 255 }) }), { minLength: 1, maxLength: 6 }); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(stacks(memory), program, async (drawn, writes) => {
        let first: Uint8Array[] | null = null;
        for (const rival of rivals) {
          const devices: MemoryDevice[] = [];
          const blueprint = copied(drawn, devices);
          const device = await rival.build(blueprint, { pool });
          if (isCannot(device)) {
            expect(rival.name, device.cannot).to.equal('streams');
            continue;
          }
          expect(bottomsOf(blueprint)).to.have.length(devices.length);
          for (const { block, blocks, fill } of writes) {
            const pages = pool.allocate(blocks * PAGE_SIZE);
            pages.set(new Uint8Array(pages.length).map((_, i) => (fill + i) % 251));
            const position = block * PAGE_SIZE;
            await device.write(pages, { position });
            const back = pool.allocate(pages.length);
            await device.read(back, { position });
            expect(Buffer.compare(back.bytes(), pages.bytes()), rival.name).to.equal(0);
            pages.free();
            back.free();
          }
          const contents = devices.map((each) => Uint8Array.from(each.contents));
          first ??= contents;
          expect(contents.map((each, i) => Buffer.compare(each, first![i]!)), rival.name).to.deep.equal(contents.map(() => 0)); // prettier-ignore
        }
      }),
      { seed, numRuns: 30 },
    );
  });
});

/** The same stack over devices of its own, which go to `devices` from left to right. */
function copied(blueprint: Blueprint, devices: MemoryDevice[]): Blueprint {
  const again = (lower: Blueprint): Blueprint => copied(lower, devices);
  switch (blueprint.kind) {
    case 'device': {
      const device = new MemoryDevice({ size: 24 * PAGE_SIZE });
      devices.push(device);
      return { kind: 'device', bottom: new DeviceBottom(device) };
    }
    case 'stripe':
    case 'mirror':
      return { ...blueprint, over: blueprint.over.map(again) };
    case 'linear':
      return { ...blueprint, segments: blueprint.segments.map((each) => ({ ...each, over: again(each.over) })) };
    default:
      return { ...blueprint, over: again(blueprint.over) };
  }
}
