import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { LEAST_ROUNDS, questions, rivals } from '../../lib/compare/index.js';
import { experiments } from '../../lib/compare/experiments.js';
import { parseMarkdownTable } from './report/support.js';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));

/** What fails here is mended by `npm run comparison`: the page tells of less than there is. */
describe('docs/comparison.md', () => {
  const text = readFileSync(`${docs}/comparison.md`, 'utf8');
  const sections = new Map(text.split(/^## /m).map((part) => [part.slice(0, part.indexOf('\n')), part]));
  const tableIn = (part: string): string[][] => {
    const table = part.split('\n\n').find((each) => each.startsWith('|'));
    return parseMarkdownTable((table ?? '').trimEnd()).cells;
  };
  const designs = rivals.map(({ name }) => name);

  it('says what it was made with, and on what kind of machine', () => {
    expect(text).to.match(
      /Node\.js v\d+.*, \w+ \d+\.\d+.* on \w+; .+, \d+ cores?, \d+ MB\. Plan \w+, \d+ interleaved rounds?/,
    );
    expect(text).to.include('`npm run comparison`').and.to.include(`fewer than ${LEAST_ROUNDS} rounds`);
  });

  for (const { name, title, question } of experiments) {
    it(`has the question, the picture and the figures of every design in ${name}`, () => {
      const part = sections.get(title) ?? '';
      expect(part).to.include(`**${question}**`).and.to.include(`--experiment ${name} `);
      expect(existsSync(`${docs}/comparison/${name}.svg`)).to.equal(true);
      const [head = []] = tableIn(part);
      expect(head).to.include.members(designs);
    });
  }

  for (const { name, question, experiments: asked } of questions) {
    if (!experiments.some((experiment) => asked.includes(experiment.name))) continue;
    it(`answers ${name}, and says where each design is best`, () => {
      expect(text).to.include(`${name}. ${question}`);
      const part = text.split(/^### /m).find((each) => new RegExp(`^${name}[:.] `).test(each)) ?? '';
      expect(
        tableIn(part)
          .slice(1)
          .map(([design]) => design),
      ).to.deep.equal(designs);
    });
  }

  it('says what each design can do', () => {
    const part = sections.get('What each design can do') ?? '';
    expect(
      tableIn(part)
        .slice(1)
        .map(([design]) => design),
    ).to.deep.equal(designs);
  });
});
