/**
 * A design and an experiment of one's own, measured beside two of the package's. The design counts parts down by hand.
 * Run it: npx tsx examples/10-a-design-of-your-own.ts
 */
import { compare, contend, edgeDevice, InstantBottom, oneByOne, sizeOf } from 'wakechain/compare';
import type { Blueprint, Experiment, Rival } from 'wakechain/compare';
import { counters, type IoError } from 'wakechain/io';

const countdown: Rival = {
  name: 'countdown',
  capabilities: { ends: 'inline', pulls: null, knows: 'how many bytes', retries: 'none' },
  build(blueprint) {
    if (blueprint.kind !== 'stripe') return { cannot: `carves requests up, and has no layer '${blueprint.kind}'` };
    const bottoms = blueprint.over.flatMap((over) => (over.kind === 'device' ? [over.bottom] : []));
    return edgeDevice('countdown', sizeOf(blueprint), {
      begin(call) {
        let [left, bytes, failure] = [bottoms.length, 0, null as IoError | null];
        const finish = (moved: number, error: IoError | null): void => {
          [bytes, failure] = [bytes + moved, failure ?? error];
          if (--left === 0) call.finish(bytes, failure);
        };
        const length = call.length / left;
        counters.headers += left;
        for (const [i, bottom] of bottoms.entries()) {
          const { operation, pages, fua } = call;
          bottom.transfer({ operation, position: 0, pages, offset: call.offset + i * length, length, fua, finish });
        }
      },
    });
  },
};

const bottom = (): Blueprint => ({ kind: 'device', bottom: new InstantBottom({ size: 512 }) });
const carving: Experiment = {
  name: 'carving',
  title: 'Carving',
  question: 'What does it cost to carve a request into four?',
  unit: 'pieces',
  xLabel: 'Pieces of a request',
  points: { quick: [4], full: [4], thorough: [4] },
  metrics: [],
  decides: ['headers', 'time'],
  at(pieces, setting) {
    const stripe = (): Blueprint => ({ kind: 'stripe', chunk: 512, over: Array.from({ length: pieces }, bottom) });
    return contend(pieces, setting, stripe, ({ device, pool }) => {
      const range = pool.allocate(pieces * 512).range(0, pieces * 512);
      return { run: oneByOne(() => device.read(range, { position: 0 }), range.length) };
    });
  },
};

const designs = ['waitQueue', 'cloneKiobuf', countdown];
const found = await compare({ designs, experiments: [carving, 'retry'], plan: 'quick', rounds: 1 });
for (const { name, rows } of found.experiments) {
  for (const { x, design, cannot, figures } of rows.filter((row) => row.x === rows[0]?.x)) {
    const counts = ['headers', 'operations'].map((count) => `${String(figures[count]?.value)} ${count}`).join(', ');
    console.log(`${name} ${String(x)}, ${design}: ${cannot === null ? counts : `cannot, it ${cannot}`}`);
  }
}
