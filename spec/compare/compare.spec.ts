import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  compare,
  contend,
  experiments,
  knownExperiments,
  InstantBottom,
  plans,
  rivals,
  strategyRival,
  type CompareOptions,
  type Experiment,
  type Rival,
} from '../../lib/compare/index.js';
import { waitQueue } from '../../lib/io/index.js';
import { rejectionOf, useFolder, watched } from './support.js';

/** Where an experiment measures when it is quick. */
const pointsOf = (name: string): readonly number[] => experiments.find((each) => each.name === name)!.points.quick;

describe('compare', function () {
  this.timeout(120_000);
  const folder = useFolder();
  let file: string;

  before(() => {
    file = join(folder.path, 'file');
    writeFileSync(file, randomBytes(70_000));
  });

  const small = (options: CompareOptions = {}): CompareOptions => ({
    file,
    plan: 'quick',
    rounds: 1,
    fileRounds: 1,
    threads: false,
    ...options,
  });
  const names = rivals.map(({ name }) => name);

  it('runs every experiment under every design and the edge, and tells of each as soon as it is through', async () => {
    const told: string[] = [];
    const found = await compare(
      small({
        seed: 3,
        designs: names.slice(0, 2),
        onResult: ({ name }, { experiments: so }) => told.push(`${name} ${so.length}`),
      }),
    );
    expect(found).to.include({ file, seed: 3, base: names[0], interrupted: false });
    expect(found.plan).to.deep.equal({ ...plans.quick, warmMs: 0, rounds: 1, fileRounds: 1 });
    expect(found.designs.map(({ name }) => name)).to.deep.equal(names.slice(0, 2));
    expect(found.machine.runtime).to.equal(`Node.js ${process.version}`);
    expect(told).to.deep.equal(experiments.map(({ name }, i) => `${name} ${i + 1}`));
    for (const [i, { rows, metrics, notes, seed, threads, ...said }] of found.experiments.entries()) {
      const { title, question, unit, xLabel, points, name, decides } = experiments[i]!;
      expect(said).to.deep.equal({ name, title, question, unit, xLabel, decides });
      expect(rows).to.have.length(points.quick.length * (name === 'real-file' ? 2 : 3));
      const having = new Set(rows.flatMap(({ figures }) => Object.keys(figures)));
      expect(metrics.map((metric) => metric.name)).to.have.members([...having]);
      // What was sent, and what is replayed.
      const noted = name === 'real-file' || name.startsWith('trace-');
      expect([notes.length, seed, threads]).to.deep.equal([Number(noted), 3, false]);
    }
  });

  it('finds plain data, which goes through JSON unchanged', async () => {
    const found = await compare(small({ experiments: ['real-file', 'depth'], designs: ['waitQueue'] }));
    expect(JSON.parse(JSON.stringify(found))).to.deep.equal(found);
  });

  it('runs only what is named, in the order in which it is named, each once', async () => {
    const asked = [names[1]!, names[0]!];
    const found = await compare(small({ designs: [...asked, ...asked], experiments: ['retry', 'tree', 'retry'] }));
    expect(found.base).to.equal(asked[0]);
    expect(found.experiments.map(({ name }) => name)).to.deep.equal(['retry', 'tree']);
    expect(found.experiments[0]!.rows.slice(0, 3).map(({ design }) => design)).to.deep.equal([...asked, 'edge']);
  });

  it('sends the program that runs it when no file is named', async function () {
    this.timeout(120_000);
    const found = await compare({ fileRounds: 1, experiments: ['real-file'], designs: ['waitQueue'], threads: false });
    expect(found.file).to.equal(process.execPath);
  });

  it('tells its progress from nothing to everything', async () => {
    const told: [done: number, total: number][] = [];
    const designs = names.slice(0, 2);
    await compare(small({ designs, experiments: ['retry', 'depth'], onProgress: (_step, ...how) => told.push(how) }));
    const total = 100 * (pointsOf('retry').length + pointsOf('depth').length);
    expect([told[0], told.at(-1)]).to.deep.equal([
      [0, total],
      [total, total],
    ]);
    for (const [i, [done]] of told.entries()) expect(done).to.be.at.least(told[i - 1]?.[0] ?? 0);
  });

  describe('with what a user brings', () => {
    const squares: Experiment = {
      name: 'squares',
      title: 'Squares',
      question: 'What does it cost to square?',
      unit: 'side',
      xLabel: 'Length of a side',
      points: { quick: [2, 3], full: [2, 3], thorough: [2, 3] },
      metrics: [{ name: 'area', unit: '', better: 'less', kind: 'exact', meaning: 'the area' }],
      decides: ['area'],
      at: (point, setting) =>
        contend(
          point,
          setting,
          () => ({ kind: 'device', bottom: new InstantBottom() }),
          () => ({ run: () => {}, prepare: () => {}, extra: () => ({ area: point ** 2 }) }),
        ),
    };

    it('runs an experiment beside the known ones', async () => {
      const found = await compare(small({ experiments: [squares, 'retry'], designs: ['waitQueue'] }));
      const [first, second] = found.experiments;
      const areas = first!.rows.filter(({ design }) => design !== 'edge');
      expect(areas.map(({ x, figures }) => [x, figures['area']!.value])).to.deep.equal([
        [2, 4],
        [3, 9],
      ]);
      expect(first!.metrics[0]).to.equal(squares.metrics[0]);
      expect(second!.name).to.equal('retry');
    });

    it('measures a strategy, and a rival, beside the known ones', async () => {
      const mine = { ...watched(waitQueue, () => {}), name: 'mine' };
      const unable: Rival = { ...strategyRival(waitQueue), name: 'unable', build: () => ({ cannot: 'is not ready' }) };
      const found = await compare(small({ experiments: ['retry'], designs: ['waitQueue', mine, unable] }));
      const rows = found.experiments[0]!.rows.slice(0, 4);
      expect(rows.map(({ design, cannot }) => [design, cannot])).to.deep.equal([
        ['waitQueue', null],
        ['mine', null],
        ['unable', 'is not ready'],
        ['edge', null],
      ]);
    });
  });

  describe('when it is called wrongly', () => {
    const all = names.join(', ');
    const known = knownExperiments.map(({ name }) => name).join(', ');
    const twin = { ...waitQueue, name: names[1]! };
    const cases: [name: string, options: CompareOptions, code: string, message: string][] = [
      [
        'an unknown design',
        { designs: ['waitQueue', 'nope'] },
        'ERR_DESIGN',
        `Unknown design 'nope'; known are ${all}`,
      ],
      ['no design', { designs: [] }, 'ERR_DESIGN', `Name at least one design; known are ${all}`],
      [
        'two designs of one name',
        { designs: [names[1]!, twin] },
        'ERR_DESIGN',
        `Two of them are called '${names[1]}'; names must differ`,
      ],
      [
        'an unknown experiment',
        { experiments: ['nope'] },
        'ERR_EXPERIMENT',
        `Unknown experiment 'nope'; known are ${known}`,
      ],
      ['no experiment', { experiments: [] }, 'ERR_EXPERIMENT', `Name at least one experiment; known are ${known}`],
      [
        'an unknown plan',
        { plan: 'nope' as 'quick' },
        'ERR_PLAN',
        "Unknown plan 'nope'; known are quick, full, thorough",
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
    it('has found nothing when it was cancelled before', async () => {
      const found = await compare(small({ signal: AbortSignal.abort(new Error('enough')) }));
      expect([found.interrupted, found.experiments]).to.deep.equal([true, []]);
    });

    for (const { name } of experiments) {
      it(`ends during ${name} with what was found until then, and leaves nothing behind`, async () => {
        const controller = new AbortController();
        const told: boolean[] = [];
        const { interrupted, experiments: found } = await compare(
          small({
            designs: ['waitQueue'],
            experiments: ['retry', name === 'retry' ? 'tree' : name],
            rounds: 3,
            fileRounds: 5,
            signal: controller.signal,
            // Within the first point of the second experiment.
            onProgress(_step, done) {
              if (done > 100 * pointsOf('retry').length) controller.abort(new Error('enough'));
            },
            onResult: (_result, comparison) => void told.push(comparison.interrupted),
          }),
        );
        expect([interrupted, found.map((each) => each.name), told]).to.deep.equal([true, ['retry'], [false]]);
        expect(folder.left()).to.deep.equal([]);
      });
    }

    it('keeps the points of an experiment that were measured', async () => {
      const controller = new AbortController();
      const found = await compare(
        small({
          designs: ['waitQueue'],
          experiments: ['depth'],
          signal: controller.signal,
          onProgress(_step, done) {
            if (done === 100) controller.abort();
          },
        }),
      );
      const [first] = pointsOf('depth');
      expect(found.experiments[0]!.rows.map(({ x }) => x)).to.deep.equal([first, first]);
    });
  });
});
