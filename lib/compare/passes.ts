import type { Figure, Row } from './experiment.js';
import { timed } from './meter.js';
import { median } from './statistics.js';

/**
 * What several passes have found at one point, as one row for each design, in their order: rounds one behind the other, with
 * ratios against the first design that has the figure, round by round; of what is counted and measured the median. A design
 * that cannot in one pass cannot.
 */
export function joinPasses(passes: readonly (readonly Row[])[], seed: number): Row[] {
  const [first = []] = passes;
  const bases = new Map<string, readonly number[]>();
  return first.map(({ design, x }) => {
    const rows = passes.flatMap((each) => each.filter((row) => row.design === design));
    const cannot = rows.find((row) => row.cannot !== null)?.cannot ?? null;
    if (cannot !== null) return { design, x, cannot, figures: {} };
    const names = new Set(rows.flatMap(({ figures }) => Object.keys(figures)));
    const figures = [...names].map((name) => {
      const found = rows.flatMap((row) => row.figures[name] ?? []);
      return [name, joined(name, found, bases, seed)] as const;
    });
    return { design, x, cannot, figures: Object.fromEntries(figures) };
  });
}

function joined(name: string, found: readonly Figure[], bases: Map<string, readonly number[]>, seed: number): Figure {
  const parts = found.flatMap((figure) => (figure.rounds === undefined ? [] : [figure.rounds]));
  if (parts.length === 0) {
    const known = found.flatMap(({ value }) => value ?? []);
    return { value: known.length === 0 ? null : median(known) };
  }
  const rounds = parts.flat();
  const base = bases.get(name) ?? rounds;
  bases.set(name, base);
  return timed(
    rounds,
    base,
    seed,
    parts.map(({ length }) => length),
  );
}
