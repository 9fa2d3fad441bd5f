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
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

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
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: title, subtitle: question },
    description: `${question} Time per request by ${xLabel}, one line for each design.`,
    width: 520,
    height: 280,
    background: 'white',
    data: { values: rows.map(({ x, design, ns }) => ({ x, design, ns })) },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: xLabel, scale: { type: 'symlog' } },
      y: { field: 'ns', type: 'quantitative', title: 'ns per request', scale: { type: 'log' } },
      color: { field: 'design', type: 'nominal', title: 'design' },
      shape: { field: 'design', type: 'nominal', title: 'design' },
    },
  };
}
