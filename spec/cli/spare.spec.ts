import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { releaseFiles } from '../../lib/cli/file-claims.js';
import { MadeFiles } from '../../lib/cli/made-files.js';
import { spareFor } from '../../lib/cli/spare.js';
import { Mirror } from '../../lib/io/index.js';
import { openStack } from '../../lib/stack/index.js';
import { useFolder } from '../compare/support.js';

describe('spareFor', () => {
  const folder = useFolder();
  afterEach(releaseFiles);

  it('makes the file of a member that is gone, as large as the others, and refuses one that holds something (I6)', async () => {
    const at = (name: string): string => join(folder.path, name);
    const members = ['a', 'b'].map((name) => ({ type: 'file' as const, path: at(name) }));
    const device = { type: 'mirror', members: members.map((each) => ({ ...each, size: 1 << 20 })) };
    await (await openStack({ device }, { create: true, blank: true })).close();
    rmSync(at('b'));
    await using stack = await openStack({ device: { type: 'mirror', members } }, { degraded: true });
    const array = stack.top as Mirror;
    const lacking = { array, path: 'device', members, member: 1 };
    using made = new MadeFiles();
    const spare = await spareFor(stack, lacking, {}, made);
    expect([spare.name, spare.size, made.paths]).to.deep.equal([at('b'), 1 << 20, [at('b')]]);
    await spare.close();
    writeFileSync(at('held'), 'x'.repeat(1 << 20));
    const refused = await spareFor(stack, lacking, { spare: at('held') }, made).then(null, (error: unknown) => error);
    expect(refused).to.include({ code: 'ERR_EXISTS' });
    expect([made.remove(), existsSync(at('b')), statSync(at('held')).size]).to.deep.equal([[at('b')], false, 1 << 20]);
  });
});
