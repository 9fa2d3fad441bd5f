import type { Comparison, ExperimentResult } from '../compare.js';
import { LEAST_ROUNDS } from '../plan.js';
import { questions } from '../questions.js';
import { edge } from '../rivals/edge.js';
import { findingsOf } from './findings.js';
import { headlineOf, wholeHeadline } from './headline.js';
import { designsIntro, INTRO } from './intro.js';
import { ratioText } from './overview.js';
import { designsOf, ratioOver, timeOf } from './spread.js';
import { standingsOf } from './standing.js';

/** Columns of a terminal. */
const COLUMNS = 100;

/** What is going to be compared, for a reader who has heard of none of it. */
export function introText(designs: readonly string[]): string {
  const terms = designsIntro({ designs: designs.map((name) => ({ name })) });
  const width = Math.max(...terms.map(([name]) => name.length));
  const lines = terms.map(([name, about]) => wrapped(about, `  ${name.padEnd(width)}  `));
  return `${wrapped(INTRO, '')}\n\n${lines.join('\n')}`;
}

/** What an experiment found in a few lines: the finding, the question, and the times against the base's. */
export function briefText(result: ExperimentResult, { base }: Pick<Comparison, 'base'>): string {
  const { name, question } = result;
  const ratios = designsOf(result).flatMap((design) => {
    const time = timeOf(result)?.name;
    const ratio = design === base || design === edge.name ? null : ratioOver([result], () => time, design, base);
    return ratio === null ? [] : [{ design, ratio }];
  });
  const ranking = ratios
    .sort((a, b) => a.ratio.median - b.ratio.median)
    .map(({ design, ratio }) => `${design} ${ratioText(ratio)}`);
  const lines = [wrapped(`${headlineOf(result)}.`, `${name}: `), wrapped(question, '  ')];
  if (ranking.length > 0) lines.push(wrapped(ranking.join(', '), `  time ÷ ${base}: `));
  return lines.join('\n');
}

/** The answers to the questions that were asked, and the whole in a sentence; empty where nothing of them was run. */
export function answersText(comparison: Comparison): string {
  const asked = questions.filter((question) => standingsOf(comparison, question).length > 0);
  if (asked.length === 0 || comparison.plan.rounds < LEAST_ROUNDS) return '';
  const parts = asked.flatMap(({ name, question }) => {
    const [first] = findingsOf(comparison, { name });
    return first === undefined ? [] : [`${wrapped(question, `${name}. `)}\n${wrapped(first, '    ')}`];
  });
  if (parts.length === 0) return '';
  return ['The answers', ...parts, wrapped(`${wholeHeadline(comparison)}.`, 'All in all: ')].join('\n\n');
}

/** Text in lines that a terminal has room for; what follows the first line stands below it. */
function wrapped(text: string, before: string): string {
  const indent = ' '.repeat(before.length > 30 ? 4 : before.length);
  const lines: string[] = [];
  let line = before;
  for (const word of text.split(' ')) {
    if (line.length + word.length > COLUMNS && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}
