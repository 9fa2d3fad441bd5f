import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const textOf = (path: string): string => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');

/** The cells of a row of the one table of docs/benchmarks.md. */
function rowOf(name: string): string[] {
  const line = textOf('docs/benchmarks.md')
    .split('\n')
    .find((each) => each.startsWith(`| ${name} `));
  if (line === undefined) throw new Error(`docs/benchmarks.md has no row ${name}`);
  return line.split('|').map((cell) => cell.trim());
}

/** `9.8 (9.1–10)` and `Promise.all 8.2, RxJS forkJoin 30` are figures of one row, each against its ideal. */
function figureIn(cell: string | undefined, name = ''): number {
  const at = cell?.indexOf(name) ?? -1;
  const figure = at < 0 ? NaN : Number(/[\d,.]*\d/.exec((cell ?? '').slice(at + name.length))?.[0].replaceAll(',', ''));
  if (Number.isNaN(figure)) throw new Error(`no figure of ${name} in ${String(cell)}`);
  return figure;
}

/** In two digits, as README.md has them. */
const rounded = (value: number): string => Number(value.toPrecision(2)).toLocaleString('en');

describe('the figures in README.md', () => {
  const readme = textOf('README.md').replaceAll(/\s+/g, ' ');
  const timesOurs = (row: string, name: string): string => {
    const cells = rowOf(row);
    return rounded(figureIn(cells[7], name) / figureIn(cells[3]));
  };

  it('are those of docs/benchmarks.md, in two digits', () => {
    const [, , ideal, ours] = rowOf('wake-one 100,000');
    const ns = rounded(figureIn(ideal) * figureIn(ours));
    expect(readme).to.include(`takes ${ns} ns here, and ${timesOurs('wake-one 100,000', 'async-mutex')} times as long`);
    expect(readme).to.include(`\`events.once\` takes ${timesOurs('one-shot-promise', 'events.once')} times as long`);
    const [all, join] = ['Promise.all', 'RxJS forkJoin'].map((name) => timesOurs('all-of 16', name));
    expect(readme).to.include(
      `takes ${String(all)} times as long as with \`allOf\`, and with RxJS \`forkJoin\` ${String(join)} times`,
    );
  });

  it('say what is faster, where it is', () => {
    expect(readme).to.include('a callback list such as nanoevents, or `neo-async`');
    for (const [row, peer] of [
      ['wake 1,000', 'nanoevents'],
      ['all-of 16', 'neo-async parallel'],
    ] as const) {
      const cells = rowOf(row);
      expect(figureIn(cells[6], peer), row).to.be.below(figureIn(cells[3]));
    }
  });

  it('tell the size of the core that the package is held to', () => {
    const limit = Number(
      /the core \(.*?, core, ([\d_]+)\]/.exec(textOf('scripts/check-core-size.ts'))?.[1]?.replace('_', ''),
    );
    expect(readme).to.include(`The core is ${(limit / 1000).toFixed(1)} kB, minified and compressed`);
  });
});
