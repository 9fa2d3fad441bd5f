import { expect } from 'chai';
import { HeldBottom, promises } from '../../lib/compare/index.js';
import { PAGE_SIZE, PagePool } from '../../lib/io/index.js';
import { rejectionOf } from './support.js';
import { letOut, passTurns } from '../../lib/compare/turns.js';

describe('passTurns', () => {
  it('takes no turn when it is through already', () => {
    let asked = 0;
    void passTurns(() => ++asked > 0);
    expect(asked).to.be.greaterThan(0);
  });

  it('waits for microtasks and for tasks, and says that it is through', async () => {
    const through: string[] = [];
    void Promise.resolve().then(() => through.push('microtask'));
    setImmediate(() => through.push('task'));
    expect(await passTurns(() => through.length === 2)).to.equal(true);
  });

  it('gives up on what turns do not bring', async () => {
    expect(await passTurns(() => false)).to.equal(false);
  });
});

describe('letOut', () => {
  const queued = async (bottom: HeldBottom) => {
    const built = await promises.build({ kind: 'queue', depth: 1, over: { kind: 'device', bottom } }, { pool });
    if ('cannot' in built) throw new Error(built.cannot);
    for (let i = 0; i < 3; i++) built.read(pages, { position: 0 });
    return built;
  };
  const pool = new PagePool();
  const pages = pool.allocate(PAGE_SIZE);

  it('answers one after the other, also what begins only after an answer', async () => {
    const bottom = new HeldBottom();
    const device = await queued(bottom);
    await letOut(device, [bottom]);
    expect([device.started, device.ended, bottom.operations]).to.deep.equal([3, 3, 3]);
  });

  it('says so when something is left that waits for something else', async () => {
    const bottom = new HeldBottom();
    const device = await queued(bottom);
    expect((await rejectionOf(letOut(device, []))).message).to.equal('promises has left requests behind');
    await letOut(device, [bottom]);
  });
});
