import { expect } from 'chai';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trace, traceGit, traceReplay, traceSqlite } from '../../../lib/compare/experiments/trace-replay.js';
import { compare, HeldBottom, readTrace, rivals } from '../../../lib/compare/index.js';
import { countsOf } from '../formulas.js';
import { expectCounts, figuresAt, rejectionOf, settingOf, useFolder } from '../support.js';

describe('traceReplay', function () {
  this.timeout(60_000);
  const folder = useFolder();
  const small = (): string => {
    const path = join(folder.path, 'small.iolog');
    writeFileSync(path, 'fio version 2 iolog\nf write 0 4096\nf read 0 4096\nf write 100 1\nf read 70000 4096\n');
    return path;
  };

  it('makes of each operation what the formulas say, under every design', async () => {
    const figures = await figuresAt(trace, 200, settingOf({ trace: small() }));
    // Encryption and checksums pass it on, and the stripe as a whole; two of the four are written.
    const each = countsOf({ passes: 3, moves: 1, pieces: 0, splits: 0, transfers: 1, locations: 3 });
    const expected = Object.entries(each).map(([name, { headers, links, callbacks, operations }]) => {
      // What is written, promises and operators send in another object.
      const written = name === 'promises' || name === 'rxjs' ? 2 : 0;
      return [
        name,
        { headers: 4 * headers + written, links: 4 * links, callbacks: 4 * callbacks, operations: 4 * operations },
      ] as const;
    });
    expectCounts(figures, Object.fromEntries(expected));
  });

  it('keeps up to eight in flight, through any stack', async () => {
    const held = new HeldBottom({ blockSize: 4096 });
    const path = join(folder.path, 'many.iolog');
    writeFileSync(path, `fio version 2 iolog\n${'f read 0 4096\n'.repeat(20)}`);
    const own = traceReplay({
      name: 'own',
      title: 'Own',
      path: () => path,
      stack: () => ({ kind: 'pass', over: { kind: 'device', bottom: held } }),
    });
    let most = 0;
    const answering = setInterval(() => {
      most = Math.max(most, held.held.length);
      held.answer(1);
    }, 0);
    try {
      await own.at(20, settingOf({ rivals: rivals.slice(0, 1) }));
    } finally {
      clearInterval(answering);
    }
    expect(most).to.equal(8);
  });

  it('says that a design does not know an operation, and goes on', async () => {
    const path = join(folder.path, 'trim.iolog');
    writeFileSync(path, 'fio version 2 iolog\nf trim 0 4096\nf write 0 4096\nf sync\n');
    const notes: string[] = [];
    const figures = await figuresAt(trace, 3, settingOf({ trace: path, note: (text) => notes.push(text) }));
    expect(figures).to.include.keys(rivals.map(({ name }) => name));
    expect(new Set(notes.slice(1))).to.deep.equal(
      new Set(['streams does not do discard: it has answered so, and gone on']),
    );
  });

  for (const [recorded, experiment] of [
    ['git', traceGit],
    ['sqlite', traceSqlite],
  ] as const) {
    it(`has a small trace of ${recorded}, which every design carries out`, async () => {
      const path = new URL(`../../../traces/${recorded}.iolog.gz`, import.meta.url);
      expect(statSync(path).size).to.be.below(100 * 1024);
      const operations = await readTrace(path.pathname);
      for (const kind of ['read', 'write', 'flush']) {
        expect(operations.map(({ operation }) => operation)).to.include(kind);
      }
      const figures = await figuresAt(experiment, 100);
      expect(figures).to.have.all.keys(...rivals.map(({ name }) => name), 'edge');
    });
  }

  it('is refused by compare before anything is run when the trace is none', async () => {
    const path = join(folder.path, 'no.iolog');
    writeFileSync(path, 'no');
    const steps: string[] = [];
    const error = await rejectionOf(compare({ trace: path, onProgress: (step) => steps.push(step) }));
    expect([error.code, steps]).to.deep.equal(['ERR_TRACE', []]);
  });

  it('is among what compare runs when it is given a trace', async () => {
    const found = await compare({
      trace: small(),
      experiments: ['trace'],
      designs: ['waitQueue', 'promises'],
      plan: 'quick',
      rounds: 1,
    });
    expect(found.experiments[0]!.notes).to.deep.equal([
      'small.iolog has 4 operations; a request is one of them, or part of a long one',
    ]);
  });
});
