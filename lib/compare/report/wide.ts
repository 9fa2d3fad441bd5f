import type { ExperimentResult } from '../compare.js';
import type { Metric, Row } from '../experiment.js';
import { designsOf, pointsOf, rowAt, sideOf } from './spread.js';
import { ratioText } from './overview.js';
import { shownMetrics, valueOf, type Table } from './table.js';

/*
 * The same figures as in `experimentTable`, in two tables that a page has room for: what is timed with a column for each
 * design, and what is counted with a row for each design, and all points in a cell.
 */

/** A row for each point; of each design the time, and its ratio to the first one's in the same rounds. */
export function timesTable(result: ExperimentResult): Table {
  const metrics = shownMetrics(result).filter(({ kind }) => kind === 'timed');
  const designs = designsOf(result);
  const label = metrics.length > 1 ? [`${result.unit}, metric`] : [result.unit];
  return [
    [...label, ...designs],
    ...metrics.flatMap((metric) =>
      pointsOf(result).map((x) => [
        metrics.length > 1 ? `${String(x)}, ${metric.name}` : String(x),
        ...designs.map((design) => timeCell(rowAt(result, design, x), metric, result)),
      ]),
    ),
  ];
}

/** A row for each design; in each cell the values at all points in turn, or the one that all have. Empty where nothing is counted. */
export function countsTable(result: ExperimentResult): Table {
  const metrics = shownMetrics(result).filter(({ kind }) => kind !== 'timed');
  if (metrics.length === 0) return [];
  const points = pointsOf(result);
  return [
    ['design', ...metrics.map(({ name }) => name)],
    ...designsOf(result).map((design) => [
      design,
      ...metrics.map((metric) => {
        const cells = points.map((x) => countCell(rowAt(result, design, x), metric));
        return new Set(cells).size === 1 ? (cells[0] ?? '–') : cells.join(' / ');
      }),
    ]),
  ];
}

/** What the points in the cells of a {@link countsTable} are. */
export function pointsLine(result: ExperimentResult): string {
  return `Counted at ${result.unit} ${pointsOf(result).join(' / ')}; one value where all points have the same.`;
}

function countCell(row: Row | undefined, metric: Metric): string {
  if (row !== undefined && row.cannot !== null) return 'cannot';
  return valueOf(row?.figures[metric.name], metric);
}

function timeCell(row: Row | undefined, metric: Metric, { decides }: ExperimentResult): string {
  const text = countCell(row, metric);
  const ratio = row?.figures[metric.name]?.ratio;
  // The first has nothing to be held against.
  if (ratio === undefined || !decides.includes(metric.name) || (ratio.low === ratio.high && ratio.low === 1))
    return text;
  return `${text} · ${ratioText(ratio)}${sideOf(ratio) === 'none' ? ' =' : ''}`;
}
