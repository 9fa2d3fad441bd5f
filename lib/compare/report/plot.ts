import type { TopLevelSpec } from 'vega-lite';
import { StateError } from '../../wait/errors.js';
import type { ExperimentResult } from '../compare.js';

/**
 * What decides an experiment, its time where that does, as an SVG picture with a title and a description.
 * @throws StateError `ERR_PEER` when vega or vega-lite, which are optional, are not installed
 */
export async function plot(result: ExperimentResult): Promise<string> {
  const { vega, vegaLite } = await loadVega();
  const { spec } = vegaLite.compile(specOf(result));
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  try {
    return described(await view.toSVG(), result);
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
function plotted({ metrics, decides }: ExperimentResult): { name: string; title: string; scale: number } {
  const deciding = decides.flatMap((name) => metrics.filter((metric) => metric.name === name));
  const metric = deciding.find(({ kind }) => kind === 'timed') ?? deciding[0];
  if (metric === undefined) return { name: '', title: '', scale: 1 };
  const { name, unit } = metric;
  return unit === 'ns'
    ? { name, title: 'µs per request', scale: 1e-3 }
    : { name, title: unit === '' ? name : `${name}, ${unit}`, scale: 1 };
}

function specOf(result: ExperimentResult): TopLevelSpec {
  const { title, question, xLabel, rows } = result;
  const { name, title: yTitle, scale } = plotted(result);
  const values = rows.flatMap(({ x, design, figures }) => {
    const value = figures[name]?.value ?? null;
    return value === null ? [] : [{ x, design, value: value * scale }];
  });
  const designs = { field: 'design', type: 'nominal', title: null, sort: null } as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: title, subtitle: question, anchor: 'start', offset: 12 },
    width: 520,
    height: 280,
    background: 'white',
    data: { values },
    mark: { type: 'line', point: { size: 60 } },
    encoding: {
      // The points are chosen to grow by factors, with 0 among them: evenly spaced they read best.
      x: { field: 'x', type: 'ordinal', title: xLabel, axis: { labelAngle: 0, format: ',' } },
      y: {
        field: 'value',
        type: 'quantitative',
        title: yTitle,
        scale: { type: values.every(({ value }) => value > 0) ? 'log' : 'linear' },
        axis: { tickCount: 4, format: ',~r' },
      },
      color: designs,
      shape: designs,
    },
  };
}

/** Vega labels the marks, but not the picture. */
function described(svg: string, result: ExperimentResult): string {
  const { title, question, xLabel } = result;
  const description = `${question} Plotted: ${plotted(result).title}, one line for each design; from left to right: ${xLabel}.`;
  return svg.replace(
    /^<svg [^>]*>/,
    (opening) => `${opening}<title>${escaped(title)}</title><desc>${escaped(description)}</desc>`,
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Refuses to go on where {@link plot} could not. @throws StateError `ERR_PEER` */
export async function checkPlots(): Promise<void> {
  await loadVega();
}
