import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPsk } from '../../lib/cli/psk-file.js';
import { useFolder } from '../compare/support.js';

describe('readPsk', () => {
  const folder = useFolder();
  const read = (text: string): Promise<Map<string, Uint8Array>> => {
    const path = join(folder.path, 'keys.psk');
    writeFileSync(path, text);
    return readPsk(path);
  };
  const failure = (text: string): Promise<string> =>
    read(text).then(String, (error: unknown) => (error as Error).message);

  it('reads names and keys, without comments and empty lines', async () => {
    const keys = await read('# mine\nanna:00ff\n\nbert:0102030405\n');
    expect([...keys].map(([name, key]) => [name, [...key]])).to.deep.equal([
      ['anna', [0, 255]],
      ['bert', [1, 2, 3, 4, 5]],
    ]);
  });

  it('names the line that is none, and tells no key', async () => {
    expect(await failure('anna:00ff\nbert:secret\n')).to.match(/line 2 is not name:hex digits$/);
    expect(await failure('anna:00f\n')).to.match(/line 1 /);
    expect(await failure('\n')).to.match(/holds no key$/);
  });
});
