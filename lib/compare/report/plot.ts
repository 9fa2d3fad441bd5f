import type { TopLevelSpec } from 'vega-lite';
import { StateError } from '../../wait/errors.js';
import type { ExperimentResult } from '../compare.js';

/**
 * An experiment's times as an SVG picture with a title and a description.
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

function specOf({ title, question, xLabel, rows }: ExperimentResult): TopLevelSpec {
  const designs = { field: 'design', type: 'nominal', title: null, sort: null } as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: title, subtitle: question, anchor: 'start', offset: 12 },
    width: 520,
    height: 280,
    background: 'white',
    data: { values: rows.map(({ x, design, ns }) => ({ x, design, time: ns / 1000 })) },
    mark: { type: 'line', point: { size: 60 } },
    encoding: {
      // The points are chosen to grow by factors, with 0 among them: evenly spaced they read best.
      x: { field: 'x', type: 'ordinal', title: xLabel, axis: { labelAngle: 0, format: ',' } },
      y: {
        field: 'time',
        type: 'quantitative',
        title: 'µs per request',
        scale: { type: 'log' },
        axis: { tickCount: 4, format: ',~r' },
      },
      color: designs,
      shape: designs,
    },
  };
}

/** Vega labels the marks, but not the picture. */
function described(svg: string, { title, question, xLabel }: ExperimentResult): string {
  const description = `${question} Microseconds per request, one line for each design; from left to right: ${xLabel}.`;
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
