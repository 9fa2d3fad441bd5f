import { expect } from 'chai';
import { bottomsOf, edgeDevice, InstantBottom, isCannot, sizeOf, type Rival } from '../../lib/compare/index.js';
import { PAGE_SIZE, PagePool } from '../../lib/io/index.js';
import { rivalContract } from './rival-contract.js';

/** The one that the doc comment of Rival shows. */
const mine: Rival = {
  name: 'mine',
  capabilities: { ends: 'inline', pulls: null, knows: 'which parts succeeded', retries: 'none' },
  build(blueprint) {
    if (blueprint.kind !== 'device') return { cannot: `has no layer '${blueprint.kind}'` };
    const { bottom } = blueprint;
    return edgeDevice('mine', sizeOf(blueprint), {
      begin: (call) => {
        bottom.transfer(call);
      },
    });
  },
};

describe('a rival in one file', () => {
  rivalContract(mine);

  it('says what it cannot do', async () => {
    const over = { kind: 'device', bottom: new InstantBottom() } as const;
    const built = await mine.build({ kind: 'pass', over }, { pool: new PagePool() });
    expect(isCannot(built) && built.cannot).to.equal("has no layer 'pass'");
  });

  it('carries requests to the bottom', async () => {
    const blueprint = { kind: 'device', bottom: new InstantBottom() } as const;
    const built = await mine.build(blueprint, { pool: new PagePool() });
    if (isCannot(built)) throw new Error(built.cannot);
    const pages = new PagePool().allocate(PAGE_SIZE);
    expect(built.read(pages, { position: 0 }).value).to.equal(PAGE_SIZE);
    expect(bottomsOf(blueprint)[0]!.operations).to.equal(1);
  });
});
