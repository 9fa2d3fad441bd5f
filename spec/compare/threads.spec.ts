import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import {
  compare,
  LEAST_ROUNDS,
  methodOf,
  plans,
  type CompareOptions,
  type Comparison,
  type Row,
} from '../../lib/compare/index.js';
import { startThreads } from '../../lib/compare/threads.js';
import { ArgumentError } from '../../lib/wait/errors.js';
import mine from './fixtures/mine.js';
import { rejectionOf, useFolder } from './support.js';

const fixture = (name: string): URL => new URL(`./fixtures/${name}.ts`, import.meta.url);
const turns = fixture('turns');
const unlike = fixture('unlike');

/** What is counted, and not measured. */
function countsOf({ experiments }: Comparison): unknown {
  return experiments.map(({ rows, metrics }) => {
    const exact = metrics.filter(({ kind }) => kind === 'exact').map(({ name }) => name);
    return rows.map(({ design, x, cannot, figures }: Row) => [[design, x, cannot], exact.map((name) => figures[name])]);
  });
}

describe('a thread for each design', function () {
  this.timeout(120_000);
  const folder = useFolder();

  const small = (options: CompareOptions): Promise<Comparison> =>
    compare({ plan: 'quick', rounds: 2, fileRounds: 1, designs: ['waitQueue'], ...options });

  it('counts what one thread for all counts, and takes ratios against the first design', async () => {
    const options = { designs: ['cloneKiobuf', 'waitQueue'], experiments: ['partial'], seed: 5 };
    const [apart, together] = [await small(options), await small({ ...options, threads: false })];
    expect(countsOf(apart)).to.deep.equal(countsOf(together));
    expect([apart, together].map(({ experiments: [result] }) => result!.threads)).to.deep.equal([true, false]);
    expect(JSON.parse(JSON.stringify(apart))).to.deep.equal(apart);
    for (const { design, figures } of apart.experiments[0]!.rows) {
      const { ratio, rounds } = figures['time']!;
      if (design === 'cloneKiobuf') expect(ratio).to.deep.equal({ median: 1, low: 1, high: 1 });
      else expect(ratio!.median).to.not.equal(1);
      expect(rounds).to.have.length(2);
    }
  });

  it('measures a design from a module, which says what it cannot', async () => {
    const found = await small({ designs: ['waitQueue', fixture('mine')], experiments: ['retry'] });
    expect(found.designs.map(({ name }) => name)).to.deep.equal(['waitQueue', 'mine']);
    expect(found.experiments[0]!.threads).to.equal(true);
    expect(found.experiments[0]!.rows.map(({ design, cannot }) => [design, cannot]).slice(0, 3)).to.deep.equal([
      ['waitQueue', null],
      ['mine', "has no layer 'retry'"],
      ['edge', null],
    ]);
  });

  it('shares one thread where a design is an object, and says so', async () => {
    const found = await small({ designs: ['waitQueue', mine], experiments: ['plain'] });
    expect(found.experiments[0]!.threads).to.equal(false);
    expect(methodOf(found).join(' ')).to.include('share a thread').and.to.not.include('thread of its own');
    const own = await small({ experiments: [((await import(turns.href)) as { default: never }).default] });
    expect(own.experiments[0]!.threads).to.equal(false);
  });

  it('ends with what a thread throws, its class and its code, and does not leave others waiting', async () => {
    const error = await rejectionOf(small({ designs: ['cloneKiobuf', 'waitQueue'], experiments: [unlike] }));
    expect(error).to.be.instanceOf(ArgumentError);
    expect(error).to.include({ name: 'ArgumentError', code: 'ERR_UNLIKE', message: 'It is unlike the others' });
  });

  it('ends when a thread ends by itself', async () => {
    const error = await rejectionOf(small({ plan: 'full', experiments: [unlike] }));
    expect(error).to.include({
      code: 'ERR_THREAD',
      message: 'The thread of waitQueue has ended before it was through',
    });
  });

  it('ends with what was found until then when the signal aborts, and leaves nothing behind', async () => {
    const controller = new AbortController();
    const found = await small({
      experiments: ['retry', 'real-file'],
      file: fileURLToPath(import.meta.url),
      fileRounds: 1000,
      signal: controller.signal,
      onProgress: (_step, done) => {
        if (done > 200) controller.abort(new Error('enough'));
      },
    });
    expect([found.interrupted, found.experiments.map(({ name }) => name)]).to.deep.equal([true, ['retry']]);
    expect(folder.left().filter((name) => name.startsWith('wakechain'))).to.deep.equal([]);
  });

  describe('with little time', () => {
    it('makes do with the rounds that it takes to tell, as many for all', async () => {
      const notes: string[] = [];
      let laps = 0;
      const { signal } = new AbortController();
      const task = { experiment: turns.href, plan: plans.full, seed: 1, file: '', trace: null, signal };
      const runner = await startThreads(
        ['waitQueue', 'edge'].map((name) => ({ name, reference: name })),
        task,
      );
      try {
        await runner.at(50, {
          note: (text) => void notes.push(text),
          progress: () => {},
          late: () => ++laps > LEAST_ROUNDS + 2,
        });
      } finally {
        await runner.close();
      }
      expect(notes.filter((note) => note.includes('late')).map((note) => note.slice('50: '.length))).to.have.members([
        `waitQueue is late in ${LEAST_ROUNDS + 2}`,
        `edge is late in ${LEAST_ROUNDS + 2}`,
      ]);
    });
  });
});
