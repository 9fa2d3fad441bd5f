import fc from 'fast-check';
import { expect } from 'chai';
import type { Blueprint } from '../../lib/compare/blueprint.js';
import { InstantBottom } from '../../lib/compare/bottom.js';
import { carverOf } from '../../lib/compare/carve.js';
import { Linear, NullDevice, Stripe } from '../../lib/io/index.js';
import { seed } from '../conformance/random.js';
import { Tracer } from '../conformance/tracer.js';
import { PagePool } from '../../lib/io/pages.js';

const over: Blueprint = { kind: 'device', bottom: new InstantBottom() };

describe('carverOf', () => {
  const pages = new PagePool().allocate(1 << 16);

  it('lets chunks go round the members of a stripe', () => {
    const carve = carverOf({ kind: 'stripe', chunk: 1024, over: [over, over] });
    expect(carve(512, 2560)).to.deep.equal([
      { index: 0, position: 512, offset: 0, length: 512 },
      { index: 1, position: 0, offset: 512, length: 1024 },
      { index: 0, position: 1024, offset: 1536, length: 1024 },
    ]);
  });

  it('puts the segments of a linear one behind the other', () => {
    const segments = [
      { over, start: 4096, length: 1024 },
      { over, start: 0, length: 512 },
    ];
    expect(carverOf({ kind: 'linear', segments })(512, 1024)).to.deep.equal([
      { index: 0, position: 4608, offset: 0, length: 512 },
      { index: 1, position: 0, offset: 512, length: 512 },
    ]);
  });

  it('carves as the layers of wakechain do', () => {
    const blocks = fc.integer({ min: 1, max: 4 }).map((count) => count * 512);
    const plans = fc.oneof(
      fc.record({ chunk: blocks, members: fc.integer({ min: 1, max: 4 }) }),
      fc.array(fc.record({ start: blocks, length: blocks }), { minLength: 1, maxLength: 4 }),
    );
    fc.assert(
      fc.property(plans, fc.nat(), fc.nat(), (plan, at, size) => {
        const seen: object[] = [];
        const member = (index: number): Tracer => {
          const tracer = new Tracer(`member ${index}`, new NullDevice({ size: 8192 }));
          tracer.onSubmit = ({ position, offset, length }) => seen.push({ index, position, offset, length });
          return tracer;
        };
        const isLinear = Array.isArray(plan);
        const layer = isLinear
          ? new Linear(plan.map((segment, i) => ({ device: member(i), ...segment })))
          : new Stripe(
              Array.from({ length: plan.members }, (_, i) => member(i)),
              { chunk: plan.chunk },
            );
        const carve = isLinear
          ? carverOf({ kind: 'linear', segments: plan.map((segment) => ({ over, ...segment })) })
          : carverOf({ kind: 'stripe', chunk: plan.chunk, over: Array.from({ length: plan.members }, () => over) });
        const count = layer.size / 512;
        const position = (at % count) * 512;
        const length = (1 + (size % (count - position / 512))) * 512;
        layer.read(pages.range(0, length), { position });
        expect(carve(position, length)).to.deep.equal(seen);
      }),
      { seed },
    );
  });
});
