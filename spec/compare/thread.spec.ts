import { extname } from 'node:path';
import { expect } from 'chai';
import { compare, type Row } from '../../lib/compare/index.js';

const turns = new URL(`./fixtures/turns${extname(import.meta.url)}`, import.meta.url);

describe('the thread of a design', function () {
  this.timeout(120_000);

  describe('in turns', () => {
    let notes: readonly string[];
    let rows: readonly Row[];
    const names = ['cloneKiobuf', 'waitQueue', 'edge'];
    before(async () => {
      const found = await compare({
        plan: 'full',
        rounds: 2,
        seed: 7,
        designs: names.slice(0, 2),
        experiments: [turns],
      });
      [{ notes, rows }] = found.experiments as [(typeof found.experiments)[0]];
    });
    const trace = (point: number): string[] =>
      notes.filter((note) => note.startsWith(`${point}: `)).map((note) => note.slice(`${point}: `.length));

    it('has one of them run at a time, whatever it waits for meanwhile (M1)', () => {
      const parts = trace(3).filter((line) => !line.endsWith('prepares'));
      expect(parts.length).to.equal(2 * 3 * names.length);
      for (let i = 0; i < parts.length; i += 2) expect(parts[i + 1]).to.equal(parts[i]!.replace(' begins ', ' ends '));
    });

    it('has another begin in every round (M1)', () => {
      const order = trace(3).flatMap((line) => (/ begins /.test(line) ? [line.split(' ')[0]] : []));
      expect(order).to.deep.equal([
        ...['waitQueue', 'edge', 'cloneKiobuf'],
        ...['edge', 'cloneKiobuf', 'waitQueue'],
        ...['cloneKiobuf', 'waitQueue', 'edge'],
      ]);
    });

    it('tells rows in the order of the designs', () => {
      expect(rows.slice(0, 3).map(({ design }) => design)).to.deep.equal(names);
    });

    it('gives each the seed', () => {
      expect(rows.map(({ figures }) => figures['seed']!.value)).to.deep.equal(Array(6).fill(7));
    });
  });
});
