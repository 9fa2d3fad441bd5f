import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  compare,
  designs,
  experiments,
  measure,
  REAL_FILE,
  type CompareOptions,
  type Experiment,
  type Row,
  type Setting,
} from '../../lib/compare/index.js';
import { waitQueue } from '../../lib/io/index.js';
import { rejectionOf, useFolder, watched } from './support.js';

describe('compare', function () {
  this.timeout(30_000);
  const folder = useFolder();
  let file: string;

  before(() => {
    file = join(folder.path, 'file');
    writeFileSync(file, randomBytes(70_000));
  });

  const small = (options: CompareOptions = {}): CompareOptions => ({ file, rounds: 1, fileRounds: 1, ...options });

  it('runs the main job and every experiment under every design', async () => {
    const found = await compare(small({ seed: 3 }));
    expect(found).to.include({ file, rounds: 1, seed: 3, base: designs[0]!.name });
    expect(found.runtime).to.match(/^Node\.js v\d+\.\d+\.\d+, \w+ \w+$/);
    expect(found.realFile!.map(({ design }) => design)).to.deep.equal(designs.map(({ name }) => name));
    expect(found.experiments.map(({ name }) => name)).to.deep.equal(['depth', 'fan-out', 'cancel']);
    for (const [i, { rows, ...said }] of found.experiments.entries()) {
      const { title, question, unit, xLabel, points, name } = experiments[i]!;
      expect(said).to.deep.equal({ name, title, question, unit, xLabel });
      expect(rows).to.have.length(points.length * designs.length);
    }
  });

  it('finds plain data, which goes through JSON unchanged', async () => {
    const found = await compare(small({ experiments: [REAL_FILE], designs: ['waitQueue'] }));
    expect(JSON.parse(JSON.stringify(found))).to.deep.equal(found);
  });

  it('runs only what is named, in the order in which it is named, each once', async () => {
    const names = designs.map(({ name }) => name).reverse();
    const found = await compare(small({ designs: [...names, ...names], experiments: ['fan-out', 'depth', 'fan-out'] }));
    expect(found.realFile).to.equal(null);
    expect(found.base).to.equal(names[0]);
    expect(found.experiments.map(({ name }) => name)).to.deep.equal(['fan-out', 'depth']);
    expect(found.experiments[0]!.rows.slice(0, names.length).map(({ design }) => design)).to.deep.equal(names);
  });

  it('sends the program that runs it when no file is named', async function () {
    this.timeout(60_000);
    const found = await compare({ fileRounds: 1, experiments: [REAL_FILE], designs: ['waitQueue'] });
    expect(found.file).to.equal(process.execPath);
    expect(found.realFile![0]!.verified).to.equal(true);
  });

  it('tells its progress from nothing to everything', async () => {
    const told: [done: number, total: number][] = [];
    await compare(
      small({
        fileRounds: 2,
        experiments: [REAL_FILE, 'depth'],
        onProgress: (_step, done, total) => told.push([done, total]),
      }),
    );
    const total = 2 * designs.length + 7;
    expect(told).to.deep.equal(Array.from({ length: total + 1 }, (_, done) => [done, total]));
  });

  describe('with what a user brings', () => {
    class Squares implements Experiment {
      readonly name = 'squares';
      readonly title = 'Squares';
      readonly question = 'What does it cost to square?';
      readonly unit = 'side';
      readonly xLabel = 'Length of a side';
      readonly points = [2, 3];

      async run(setting: Setting): Promise<Row[]> {
        const rows: Row[] = [];
        for (const point of this.points) {
          const contenders = setting.designs.map(({ name }) => ({
            design: name,
            prepare: () => {},
            run: () => {},
            extra: () => ({ area: point ** 2 }),
          }));
          rows.push(...(await measure(point, contenders, setting)));
          setting.progress(`squares ${point}`);
        }
        return rows;
      }
    }

    it('runs an experiment beside the known ones', async () => {
      const steps: string[] = [];
      const found = await compare(
        small({
          experiments: [new Squares(), 'depth'],
          designs: ['waitQueue'],
          onProgress: (step) => void steps.push(step),
        }),
      );
      const [squares, depth] = found.experiments;
      expect(squares!.rows.map(({ x, extra }) => [x, extra!['area']])).to.deep.equal([
        [2, 4],
        [3, 9],
      ]);
      expect(squares).to.include({ name: 'squares', unit: 'side', xLabel: 'Length of a side' });
      expect(depth!.name).to.equal('depth');
      expect(steps.slice(0, 3)).to.deep.equal(['starting', 'squares 2', 'squares 3']);
    });

    it('measures a design beside the known ones', async () => {
      const mine = { ...watched(waitQueue, () => {}), name: 'mine' };
      const found = await compare(small({ experiments: [REAL_FILE], designs: ['waitQueue', mine] }));
      expect(found.realFile!.map(({ design, verified }) => [design, verified])).to.deep.equal([
        ['waitQueue', true],
        ['mine', true],
      ]);
    });
  });

  describe('when it is called wrongly', () => {
    const all = designs.map(({ name }) => name).join(', ');
    const cases: [name: string, options: CompareOptions, code: string, message: string][] = [
      [
        'an unknown design',
        { designs: ['waitQueue', 'nope'] },
        'ERR_DESIGN',
        `Unknown design 'nope'; known are ${all}`,
      ],
      ['no design', { designs: [] }, 'ERR_DESIGN', `Name at least one design; known are ${all}`],
      [
        'an unknown experiment',
        { experiments: ['nope'] },
        'ERR_EXPERIMENT',
        `Unknown experiment 'nope'; known are real-file, depth, fan-out, cancel`,
      ],
      [
        'no experiment',
        { experiments: [] },
        'ERR_EXPERIMENT',
        'Name at least one experiment; known are real-file, depth, fan-out, cancel',
      ],
      ['no rounds', { rounds: 0 }, 'ERR_ROUNDS', 'rounds must be a whole number from 1 up, got 0'],
      ['part of a round', { rounds: 1.5 }, 'ERR_ROUNDS', 'rounds must be a whole number from 1 up, got 1.5'],
      [
        'rounds that are no number',
        { fileRounds: NaN },
        'ERR_ROUNDS',
        'fileRounds must be a whole number from 1 up, got NaN',
      ],
    ];
    for (const [name, options, code, message] of cases) {
      it(`refuses ${name} before anything is run`, async () => {
        const steps: string[] = [];
        const error = await rejectionOf(compare({ ...options, onProgress: (step) => void steps.push(step) }));
        expect({ code: error.code, message: error.message, steps }).to.deep.equal({ code, message, steps: [] });
      });
    }
  });

  describe('when it is cancelled', () => {
    it('does not begin', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      const steps: string[] = [];
      const error = await rejectionOf(compare(small({ signal, onProgress: (step) => void steps.push(step) })));
      expect(error.message).to.equal('enough');
      expect(steps).to.deep.equal([]);
    });

    for (const name of [REAL_FILE, ...experiments.map(({ name }) => name)]) {
      it(`ends during ${name} and leaves nothing behind`, async () => {
        const controller = new AbortController();
        let last = 0;
        const options = small({
          experiments: [name],
          rounds: 2,
          fileRounds: 5,
          signal: controller.signal,
          onProgress(_step, done) {
            last = done;
            if (done === 1) controller.abort(new Error('enough'));
          },
        });
        const error = await rejectionOf(compare(options));
        expect(error.code === 'ECANCELED' ? (error.cause as Error).message : error.message).to.equal('enough');
        expect(last).to.equal(1);
        expect(folder.left()).to.deep.equal([]);
      });
    }
  });

  it('fails when what was read back is not what was written', async () => {
    const spoiling = watched(waitQueue, (request) => {
      if (request.operation === 'read') request.intercept(() => request.range!.pages.set(Uint8Array.of(1, 2, 3), 0));
    });
    const error = await rejectionOf(compare(small({ designs: [spoiling], experiments: [REAL_FILE] })));
    expect(error.code).to.equal('ERR_MISMATCH');
    expect(error.message).to.match(/^Under waitQueue the file read back differs from the one written, [0-9a-f]{64}$/);
  });
});

describe('experiments', () => {
  it('have names, questions, headings and points', () => {
    expect(experiments.map(({ name }) => name)).to.deep.equal(['depth', 'fan-out', 'cancel']);
    for (const { title, question, unit, xLabel, points } of experiments) {
      for (const text of [title, xLabel]) expect(text).to.match(/^[A-Z].*[a-zA-Z]$/);
      expect(question).to.match(/^[A-Z].*\?$/);
      expect(unit).to.match(/^[a-z]{1,8}$/);
      expect([...points].sort((a, b) => a - b)).to.deep.equal(points);
    }
  });
});
