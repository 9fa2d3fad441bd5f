import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { holdingsOf } from '../../lib/cli/holdings.js';
import { useFolder } from '../compare/support.js';

describe('holdingsOf', () => {
  const folder = useFolder();

  it('names each file that is not empty and each server, and says why it is not written over (I6)', async () => {
    const at = (name: string): string => join(folder.path, name);
    writeFileSync(at('empty'), '');
    writeFileSync(at('full'), 'x');
    const file = (name: string) => ({ type: 'file' as const, path: at(name) });
    const uri = 'nbd://localhost/disk';
    const members = [file('full'), file('empty'), file('gone'), { type: 'crypt' as const, lower: { type: 'nbd' as const, uri } }]; // prettier-ignore
    expect(await holdingsOf({ type: 'mirror', members })).to.deep.equal([
      { name: at('full'), refusal: `${at('full')} exists and is not empty: --force makes it anew` },
      { name: uri, refusal: `what ${uri} holds would be lost: --force says that it may be` },
    ]);
    expect(await holdingsOf({ type: 'memory', size: 4096 })).to.deep.equal([]);
  });
});
