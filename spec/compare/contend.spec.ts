import { expect } from 'chai';
import { InstantBottom } from '../../lib/compare/bottom.js';
import { buildStack, contend, oneByOne, type Stack } from '../../lib/compare/contend.js';
import { edgeDevice, sizeOf, strategyRival, type Blueprint, type Rival } from '../../lib/compare/index.js';
import { edge } from '../../lib/compare/rivals/edge.js';
import { PAGE_SIZE, waitQueue } from '../../lib/io/index.js';
import { rejectionOf, settingOf } from './support.js';

const device = (): Blueprint => ({ kind: 'device', bottom: new InstantBottom() });
const sound = strategyRival(waitQueue);

/** Ends every request in a later turn, with so many bytes too few. */
function later(missing = 0): Rival {
  return {
    ...sound,
    name: 'later',
    build: (blueprint) =>
      edgeDevice('later', sizeOf(blueprint), {
        begin: (call) => void Promise.resolve().then(() => call.finish(call.length - missing, null)),
      }),
  };
}

const unable: Rival = { ...sound, name: 'unable', build: () => Promise.resolve({ cannot: 'has no layers' }) };

describe('contend', function () {
  this.timeout(30_000);

  it('measures the work on a stack of each rival, in their order, with bottoms of its own', async () => {
    const stacks: Stack[] = [];
    const setting = settingOf({ rivals: [later(), unable, sound, edge] });
    const rows = await contend(3, setting, device, (stack) => {
      stacks.push(stack);
      const range = stack.pool.allocate(PAGE_SIZE).range();
      return {
        run: oneByOne(() => stack.device.read(range, { position: 0 }), PAGE_SIZE),
        totals: () => ({ twice: 2 * (stack.bottoms[0] as InstantBottom).operations }),
        extra: () => ({ found: 7 }),
        after: () => Promise.resolve({ last: 9 }),
      };
    });
    expect(rows.map(({ design, x, cannot }) => [design, x, cannot])).to.deep.equal([
      ['later', 3, null],
      ['unable', 3, 'has no layers'],
      ['waitQueue', 3, null],
      ['edge', 3, null],
    ]);
    expect(new Set(stacks.flatMap(({ bottoms }) => bottoms)).size).to.equal(3);
    const { operations, found, last } = rows[2]!.figures;
    expect([operations, found, last]).to.deep.equal([{ value: 1 }, { value: 7 }, { value: 9 }]);
    expect(rows[1]!.figures).to.deep.equal({});
  });

  it('leaves out of the line of the edge what work tells of a stack', async () => {
    const rows = await contend(0, settingOf(), device, ({ device: disk, pool }) => {
      const range = pool.allocate(PAGE_SIZE).range();
      return { run: oneByOne(() => disk.read(range, { position: 0 }), PAGE_SIZE), extra: () => ({ found: 7 }) };
    });
    expect(rows.at(-1)!.figures).to.include.keys('time', 'operations').and.to.not.have.any.keys('found');
  });

  it('ends with what a request that transfers too little says, whenever it ends', async () => {
    for (const rival of [later(512), { ...later(), build: instant }]) {
      const error = await rejectionOf(
        contend(0, settingOf({ rivals: [rival] }), device, ({ device: disk, pool }) => {
          const range = pool.allocate(PAGE_SIZE).range();
          return { run: oneByOne(() => disk.read(range, { position: 0 }), PAGE_SIZE) };
        }),
      );
      expect(error.message).to.match(/^\w+ transferred \d+ bytes instead of 4096$/);
    }
  });

  const instant: Rival['build'] = (blueprint) =>
    edgeDevice('later', sizeOf(blueprint), { begin: (call) => call.finish(0, null) });
});

describe('buildStack', () => {
  it('answers the stack, or why there is none', async () => {
    const bottom = new InstantBottom();
    const stack = await buildStack(sound, { kind: 'pass', over: { kind: 'device', bottom } });
    if ('cannot' in stack) throw new Error(stack.cannot);
    expect([stack.rival, stack.device.size, stack.bottoms]).to.deep.equal([sound, bottom.size, [bottom]]);
    expect(await buildStack(unable, device())).to.deep.equal({ cannot: 'has no layers' });
  });
});
