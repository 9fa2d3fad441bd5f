import { expect } from 'chai';
import { chooseDesigns, chooseExperiments, designOf, experimentOf } from '../../lib/compare/choose.js';
import { experiments } from '../../lib/compare/experiments.js';
import { rivals } from '../../lib/compare/rivals.js';
import { edge } from '../../lib/compare/rivals/edge.js';
import { waitQueue } from '../../lib/io/index.js';
import mine from './fixtures/mine.js';
import turns from './fixtures/turns.js';
import { rejectionOf } from './support.js';

const fixture = (name: string): URL => new URL(`./fixtures/${name}.ts`, import.meta.url);

describe('chooseDesigns and chooseExperiments', () => {
  it('find what is named, each once, with what another thread finds it by', async () => {
    const known = rivals[0]!;
    expect(await chooseDesigns([known.name, known, fixture('mine'), known.name])).to.deep.equal([
      { it: known, reference: known.name },
      { it: mine, reference: fixture('mine').href },
    ]);
    expect(await chooseExperiments([fixture('turns'), experiments[1]!])).to.deep.equal([
      { it: turns, reference: fixture('turns').href },
      { it: experiments[1], reference: experiments[1]!.name },
    ]);
  });

  it('keep what is an object in its thread, and make a strategy a rival', async () => {
    const [design] = await chooseDesigns([{ ...waitQueue, name: 'other' }]);
    expect(design).to.deep.include({ reference: null });
    expect(design!.it).to.include({ name: 'other' }).and.to.have.property('build');
  });

  const refused: [what: string, choose: () => Promise<unknown>, code: string, message: RegExp][] = [
    ['what is no design', () => chooseDesigns([turns as never]), 'ERR_DESIGN', / is no design$/],
    [
      'a module whose default export is none',
      () => chooseDesigns([fixture('turns')]),
      'ERR_DESIGN',
      /turns\.ts is no design$/,
    ],
    [
      'a module that is not there',
      () => chooseDesigns([fixture('none')]),
      'ERR_DESIGN',
      /none\.ts cannot be loaded as a design: /,
    ],
    [
      'a module of a design',
      () => chooseExperiments([fixture('mine')]),
      'ERR_EXPERIMENT',
      /mine\.ts is no experiment$/,
    ],
    ['nothing', () => chooseExperiments([null as never]), 'ERR_EXPERIMENT', /^null is no experiment$/],
  ];
  for (const [what, choose, code, message] of refused) {
    it(`refuse ${what}`, async () => {
      const error = await rejectionOf(choose());
      expect(error.code).to.equal(code);
      expect(error.message).to.match(message);
    });
  }
});

describe('designOf and experimentOf', () => {
  it('find in any thread what was chosen', async () => {
    for (const design of [...rivals, edge]) expect(await designOf(design.name)).to.equal(design);
    for (const experiment of experiments) expect(await experimentOf(experiment.name)).to.equal(experiment);
    expect(await designOf(fixture('mine').href)).to.equal(mine);
    expect(await experimentOf(fixture('turns').href)).to.equal(turns);
  });
});
