import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { isJson } from '../../lib/cli/is-json.js';
import { useFolder } from '../compare/support.js';

describe('isJson', () => {
  const folder = useFolder();

  it('looks at how a file begins, and names what cannot be read', async () => {
    const cases: [text: string, is: boolean][] = [
      ['{}', true],
      [' \n\t{', true],
      ['', false],
      ['[]', false],
      ['\0{', false],
    ];
    for (const [text, is] of cases) {
      writeFileSync(join(folder.path, 'file'), text);
      expect(await isJson(join(folder.path, 'file')), JSON.stringify(text)).to.equal(is);
    }
    const errors = await Promise.all([folder.path, join(folder.path, 'none')].map((path) => isJson(path).catch((error: unknown) => error))); // prettier-ignore
    expect(errors[0]).to.include({ code: 'EISDIR', path: folder.path });
    expect(errors[1]).to.include({ code: 'ENOENT', path: join(folder.path, 'none') });
  });
});
