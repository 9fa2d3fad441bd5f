import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { parseTrace, readTrace } from '../../../lib/compare/traces/trace.js';
import { rejectionOf, useFolder } from '../support.js';

const texts = {
  'an I/O log of fio': 'fio version 2 iolog\nsda read 0 4096\n',
  'the form of MSR Cambridge': '128166372003061629,sda,0,Read,0,4096,41286\n',
  'what blkparse prints': '\n  8,0    3       11     0.009507758   697  Q   R 0 + 8 [cat]\n',
};

describe('parseTrace', () => {
  for (const [name, text] of Object.entries(texts)) {
    it(`knows ${name} when it sees it`, () => {
      const [found, ...rest] = parseTrace(text);
      expect([found!.operation, found!.offset, found!.length, rest]).to.deep.equal(['read', 0, 4096, []]);
    });
  }

  for (const [name, text] of [
    ['nothing', ''],
    ['a log without I/O', 'fio version 2 iolog\nf add'],
  ] as const) {
    it(`refuses ${name}`, () => {
      expect(() => parseTrace(text))
        .to.throw()
        .with.property('code', 'ERR_TRACE');
    });
  }
});

describe('readTrace', () => {
  const folder = useFolder();

  it('reads a file as it is, and one that is compressed', async () => {
    const text = texts['an I/O log of fio'];
    for (const [name, contents] of [
      ['plain', text],
      ['small.gz', gzipSync(text)],
    ] as const) {
      const path = join(folder.path, name);
      writeFileSync(path, contents);
      expect(await readTrace(path)).to.have.length(1);
    }
  });

  it('names the file that is wrong, or not there', async () => {
    const path = join(folder.path, 'bad');
    writeFileSync(path, 'fio version 2 iolog\nf read 0 x');
    const [bad, absent] = [await rejectionOf(readTrace(path)), await rejectionOf(readTrace(`${path}-not`))];
    expect([bad.code, absent.code]).to.deep.equal(['ERR_TRACE', 'ERR_FILE']);
    expect(bad.message).to.include(`${path}: Line 2 of the trace`);
    expect(absent.message).to.include(`${path}-not`);
  });
});
