import {
  commonMetrics,
  plans,
  strategyRival,
  type Comparison,
  type ExperimentResult,
  type Metric,
} from '../../../lib/compare/index.js';
import { cloneKiobuf, waitQueue } from '../../../lib/io/index.js';
import { rowOf } from '../support.js';

/** Two designs at three points, as a run could have found them. */
export function resultOf(changes: Partial<ExperimentResult> = {}): ExperimentResult {
  const slower = { median: 2.5, low: 2.25, high: 2.75 };
  const wasted: Metric = { name: 'wasted', unit: '', better: 'less', kind: 'exact', meaning: 'done in vain' };
  return {
    name: 'layers',
    title: 'Layers & <more>',
    question: 'Is 1 < 2 & so on?',
    unit: 'layers',
    xLabel: 'Layers of "nothing"',
    decides: ['time'],
    metrics: [wasted, ...commonMetrics.filter(({ name }) => ['headers', 'allocated', 'time'].includes(name))],
    rows: [0, 10, 1000].flatMap((x) => [
      rowOf({ x, figures: { wasted: { value: 0 } } }),
      rowOf({ x, design: 'cloneKiobuf', ns: 3750, ratio: slower, figures: { wasted: { value: x / 4 } } }),
    ]),
    notes: [],
    threads: true,
    seed: 1,
    ...changes,
  };
}

export function comparisonOf(changes: Partial<Comparison> = {}): Comparison {
  return {
    machine: { runtime: 'Node.js v20.0.0', cpu: 'A CPU', cores: 2, memory: 8e9, system: 'Linux 6.1.0 on x64' },
    designs: [waitQueue, cloneKiobuf].map(strategyRival).map(({ name, capabilities }) => ({ name, capabilities })),
    base: 'waitQueue',
    file: '/data/some file',
    trace: null,
    plan: plans.full,
    seed: 1,
    interrupted: false,
    leftOut: [],
    experiments: [resultOf()],
    ...changes,
  };
}

/** The cells of a Markdown table and how its columns are aligned; throws unless it is one. */
export function parseMarkdownTable(text: string): { cells: string[][]; right: boolean[] } {
  const [head, rule, ...body] = text.split('\n').map((line) => {
    if (!/^\|( .*)+ \|$/.test(line)) throw new Error(`not a row: ${line}`);
    return line.slice(2, -2).split(' | ');
  });
  if (head === undefined || rule === undefined) throw new Error(`no heading: ${text}`);
  for (const mark of rule) if (!/^-+:?$/.test(mark)) throw new Error(`not a rule: ${mark}`);
  for (const row of [rule, ...body]) {
    if (row.length !== head.length) throw new Error(`${row.length} cells under ${head.length} headings`);
    row.forEach((cell, i) => {
      if (cell.length !== head[i]!.length) throw new Error(`not aligned: ${cell}`);
    });
  }
  return {
    cells: [head, ...body].map((row) => row.map((cell) => cell.trim())),
    right: rule.map((mark) => mark.endsWith(':')),
  };
}

/** The elements of well-formed XML, each with its text and those in it; throws on anything else. */
export interface Element {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Element[];
  text: string;
}

export function parseXml(source: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const token = /<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/g;
  for (const [whole, closing, name, attributes, empty, text, stray] of source.trim().matchAll(token)) {
    const top = open.at(-1)!;
    if (stray !== undefined) throw new Error('a stray <');
    for (const [entity] of whole.matchAll(/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/gi))
      throw new Error(`a stray ${entity} in ${whole}`);
    if (text !== undefined) top.text += text;
    else if (closing === '/') {
      if (open.pop()!.name !== name) throw new Error(`</${name}> in <${top.name}>`);
    } else {
      const found = [...attributes!.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!] as const);
      if (new Set(found.map(([key]) => key)).size < found.length) throw new Error(`an attribute twice in ${whole}`);
      const element: Element = { name: name!, attributes: Object.fromEntries(found), children: [], text: '' };
      top.children.push(element);
      if (empty === '') open.push(element);
    }
  }
  if (open.length > 1 || root.children.length !== 1) throw new Error('not one whole element');
  return root.children[0]!;
}
