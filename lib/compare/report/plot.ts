import type { TopLevelSpec } from 'vega-lite';
import { StateError } from '../../wait/errors.js';
import type { ExperimentResult } from '../compare.js';
import type { Figure, Metric } from '../experiment.js';
import { edge } from '../rivals/edge.js';
import { estimate } from '../statistics.js';
import { amountAxis } from './amount-axis.js';
import { darkRules, looksOf, paper } from './palette.js';
import { designsOf, pointsOf } from './spread.js';

/** How wide a plot is to be: for a page, or for a telephone held upright. */
export type PlotWidth = 'wide' | 'narrow';

/**
 * What decides an experiment, its time where that does, as an SVG picture with a title and a description. It is light or
 * dark as the reader's scheme is.
 * @throws StateError `ERR_PEER` when vega or vega-lite, which are optional, are not installed
 */
export async function plot(result: ExperimentResult, width: PlotWidth = 'wide'): Promise<string> {
  const { vega, vegaLite } = await loadVega();
  const { spec } = vegaLite.compile(specOf(result, width), { logger: vega.logger(vega.Error) });
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  try {
    return described(await view.toSVG(), result, width);
  } finally {
    view.finalize();
  }
}

/** What plots are made with, loaded when it is used. @throws as {@link plot} */
async function loadVega(): Promise<{ vega: typeof import('vega'); vegaLite: typeof import('vega-lite') }> {
  try {
    return { vega: await import('vega'), vegaLite: await import('vega-lite') };
  } catch (error) {
    throw new StateError(
      'ERR_PEER',
      `Plots need the optional packages vega and vega-lite: npm install vega vega-lite (${String(error)})`,
    );
  }
}

/** What is plotted: the first that has a spread among those that decide, else the first of these. */
function plottedMetric({ metrics, decides }: ExperimentResult): Metric | undefined {
  const deciding = decides.flatMap((name) => metrics.filter((metric) => metric.name === name));
  return deciding.find(({ kind }) => kind === 'timed') ?? deciding[0];
}

interface Value {
  readonly x: number;
  readonly design: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The values, in the unit of their metric, and what the axis says. */
function valuesOf(result: ExperimentResult): { readonly values: Value[]; readonly metric: Metric | undefined } {
  const metric = plottedMetric(result);
  if (metric === undefined) return { values: [], metric };
  const values = result.rows.flatMap(({ x, design, figures }) => {
    const figure = figures[metric.name];
    return figure === undefined || figure.value === null ? [] : [{ x, design, ...spreadOf(figure, result.seed) }];
  });
  return { values, metric };
}

/** What is plotted, in words: `time, the median over rounds`, `both: time for both ways`. */
function titleOf(metric: Metric | undefined): string {
  if (metric === undefined) return '';
  const { name, meaning } = metric;
  if (meaning === '') return name;
  return meaning.startsWith(name) ? meaning : `${name}: ${meaning}`;
}

function spreadOf({ value, rounds, passes }: Figure, seed: number): { value: number; low: number; high: number } {
  const middle = value ?? 0;
  if (rounds === undefined) return { value: middle, low: middle, high: middle };
  const { low, high } = estimate(rounds, seed, passes);
  return { value: middle, low, high };
}

/** How the points lie on their axis: by factors, with or without 0 among them, or evenly. */
function scaleOf(points: readonly number[]): { type: 'log' | 'symlog' | 'linear'; constant?: number } {
  const positive = points.filter((x) => x > 0);
  const grows = positive.slice(1).every((x, i) => x >= 1.5 * (positive[i] as number));
  if (positive.length < 2 || !grows || (positive.at(-1) as number) < 8 * (positive[0] as number))
    return { type: 'linear' };
  return positive.length === points.length
    ? { type: 'log' }
    : { type: 'symlog', constant: (positive[0] as number) / 2 };
}

function specOf(result: ExperimentResult, width: PlotWidth): TopLevelSpec {
  const { values, metric } = valuesOf(result);
  const points = pointsOf(result);
  // A design that cannot keeps its look for where it can.
  const all = designsOf(result);
  const having = all.flatMap((design, i) => {
    const look = looksOf(all, edge.name)[i];
    return look !== undefined && values.some((value) => value.design === design) ? [{ design, look }] : [];
  });
  const designs = having.map(({ design }) => design);
  const looks = having.map(({ look }) => look);
  const wide = width === 'wide';
  const of = (range: unknown[]): object => ({
    field: 'design',
    type: 'nominal',
    title: null,
    scale: { domain: designs, range },
    legend: wide ? { orient: 'right' } : { orient: 'bottom', columns: 2 },
  });
  const color = of(looks.map(({ light }) => light));
  const shape = of(looks.map(({ shape: path }) => path));
  // Symbols in the legend are not to be dashed.
  const strokeDash = { ...of(looks.map(({ dash }) => dash)), legend: null };
  const quantity = { ...amountAxis(values, metric?.unit ?? '', points.length), type: 'quantitative', title: null };
  const common = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: wide ? 640 : 262,
    background: paper.background.light,
    padding: 4,
    title: { text: wrapped(titleOf(metric), wide ? 110 : 44), anchor: 'start', frame: 'group', offset: 10 },
    data: { values: values.map((value) => ({ ...value, aside: asideOf(designs, value.design, width) })) },
    config: configOf(),
  };
  if (points.length === 1) {
    // One point is no line: a row for each design.
    const y = { field: 'design', type: 'nominal', sort: designs, title: null };
    return {
      ...common,
      height: { step: 24 },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 2 },
          encoding: { x: { ...quantity, field: 'low' }, x2: { field: 'high' }, y, color: { ...color, legend: null } },
        },
        {
          mark: { type: 'point', filled: true, size: 70, opacity: 1 },
          encoding: {
            x: { ...quantity, field: 'value' },
            y,
            color: { ...color, legend: null },
            shape: { ...shape, legend: null },
          },
        },
      ],
    } as unknown as TopLevelSpec;
  }
  const x = {
    field: 'x',
    type: 'quantitative',
    title: wrapped(result.xLabel, wide ? 96 : 40),
    scale: { ...scaleOf(points), nice: false, padding: 8 + Math.abs(asideOf(designs, designs[0] ?? '', width)) },
    axis: { values: points, format: ',d', labelOverlap: 'greedy', labelSeparation: 4, grid: false },
  };
  const xOffset = { expr: 'datum.aside' };
  return {
    ...common,
    height: wide ? 330 : 260,
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 1, xOffset },
        encoding: { x, y: { ...quantity, field: 'low' }, y2: { field: 'high' }, color },
      },
      {
        mark: { type: 'line', strokeWidth: 1.75, xOffset },
        encoding: { x, y: { ...quantity, field: 'value' }, color, strokeDash },
      },
      {
        mark: { type: 'point', filled: true, size: 55, opacity: 1, xOffset },
        encoding: { x, y: { ...quantity, field: 'value' }, color, shape },
      },
    ],
  } as unknown as TopLevelSpec;
}

function configOf(): object {
  const { text, quiet, line } = paper;
  return {
    aria: false,
    font: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
    view: { stroke: null },
    axis: {
      labelColor: quiet.light,
      titleColor: text.light,
      gridColor: line.light,
      domainColor: quiet.light,
      tickColor: quiet.light,
      labelFontSize: 11,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      titlePadding: 8,
    },
    axisY: { domain: false, ticks: false, labelPadding: 6 },
    title: { color: text.light, fontSize: 12, fontWeight: 'normal' },
    legend: {
      labelColor: text.light,
      labelFontSize: 12,
      symbolSize: 70,
      rowPadding: 5,
      labelLimit: 220,
      symbolStrokeWidth: 1.75,
    },
  };
}

/** Pixels between the marks of neighbouring designs, so that intervals at one point do not lie upon each other. */
const ASIDE: Readonly<Record<PlotWidth, number>> = { wide: 5, narrow: 2.5 };

function asideOf(designs: readonly string[], design: string, width: PlotWidth): number {
  return ASIDE[width] * (designs.indexOf(design) - (designs.length - 1) / 2);
}

/** A title in lines of at most so many characters, broken between words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Vega makes the picture; what it is, and how it looks in the dark, is said here. */
function described(svg: string, result: ExperimentResult, width: PlotWidth): string {
  const { name, title, question, xLabel } = result;
  const [titleId, descId] = [`${name}-${width}-title`, `${name}-${width}-desc`];
  const plotted = plottedMetric(result)?.name ?? 'nothing';
  const description = `${question} Plotted: ${plotted}, by design; from left to right: ${xLabel}. The figures are in the table that follows.`;
  // What Vega says of groups names none of them; the picture is one thing, and the table tells the rest.
  const silent = svg.replaceAll(/ (role|aria-\w+)="[^"]*"/g, '');
  return silent.replace(
    /^<svg ([^>]*)>/,
    (_, attributes: string) =>
      `<svg ${attributes} role="img" aria-labelledby="${titleId} ${descId}">` +
      `<title id="${titleId}">${escaped(title)}</title><desc id="${descId}">${escaped(description)}</desc>` +
      `<style>@media (prefers-color-scheme:dark){${darkRules}}</style>`,
  );
}

/** Text for HTML and XML. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Refuses to go on where {@link plot} could not. @throws StateError `ERR_PEER` */
export async function checkPlots(): Promise<void> {
  await loadVega();
}
