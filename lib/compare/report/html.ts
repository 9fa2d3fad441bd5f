import type { Comparison, ExperimentResult } from '../compare.js';
import { questions } from '../questions.js';
import { answer } from './answer.js';
import { style } from './html-style.js';
import { costTable, findingsOf } from './findings.js';
import { againOf, capabilitiesTable, COSTS, OVERVIEW } from './markdown.js';
import { overviewTable } from './overview.js';
import { darkRules } from './palette.js';
import { escaped, plot } from './plot.js';
import { standingsOf, standingTable } from './standing.js';
import { experimentTable, isOfFigures, legendOf, methodOf, type Table } from './table.js';

/**
 * The report as one page of HTML that needs nothing beside it: for every question the answer, the plot, the table behind it
 * with the spread, and how to run it again. It follows the reader's light or dark scheme.
 * @throws as `plot`
 */
export async function reportPage(comparison: Comparison): Promise<string> {
  const asked = questions.filter((question) => standingsOf(comparison, question).length > 0);
  const sections: string[] = [];
  for (const result of comparison.experiments) sections.push(await experimentSection(comparison, result));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>wakechain: the designs compared</title>
<style>${style}
@media (prefers-color-scheme:dark){${darkRules}}</style>
</head>
<body>
<header>
<h1>The designs compared</h1>
<p class="method">${escaped(methodOf(comparison).join(' '))}</p>
<nav aria-label="Contents"><ul>
${asked.length === 0 ? '' : '<li><a href="#questions">The questions, answered</a></li>\n<li><a href="#whole">Which design wins where</a></li>'}
${comparison.experiments.map(({ name, title }) => `<li><a href="#${name}">${escaped(title)}</a></li>`).join('\n')}
<li><a href="#designs">What each design can do</a></li>
</ul></nav>
</header>
<main>
${asked.length === 0 ? '' : questionsSection(comparison, asked)}
${sections.join('\n')}
<section id="designs"><h2>What each design can do</h2>
${tableOf(capabilitiesTable(comparison.designs), 'What each design says of itself', 1)}
</section>
</main>
<footer>Made by <code>wakechain compare</code>.</footer>
</body>
</html>
`;
}

function questionsSection(comparison: Comparison, asked: typeof questions): string {
  const parts = asked.map((question) => {
    const [first, ...rest] = findingsOf(comparison, question);
    return `<h3>${question.name}. ${escaped(question.question)}</h3>
${first === undefined ? '' : `<p class="answer">${escaped(first)}</p>`}
${rest.map((sentence) => `<p>${escaped(sentence)}</p>`).join('\n')}
${tableOf(standingTable(comparison, question), `${question.name}: where each design is best, in ${question.experiments.join(', ')}`, 1)}`;
  });
  return `<section id="questions"><h2>The questions, answered</h2>
${parts.join('\n')}
</section>
${wholeSection(comparison)}`;
}

function wholeSection(comparison: Comparison): string {
  const [overview, costs] = [overviewTable(comparison), costTable(comparison)];
  if (overview.length < 2) return '';
  return `<section id="whole"><h2>Which design wins where</h2>
${tableOf(overview, OVERVIEW, 1)}
${costs.length === 0 ? '' : tableOf(costs, COSTS, 1)}
</section>`;
}

async function experimentSection(comparison: Comparison, result: ExperimentResult): Promise<string> {
  const { name, title, question, unit, xLabel, notes } = result;
  const [first, ...rest] = answer(result);
  const others = [...rest, ...notes];
  const table = experimentTable(result);
  const pictures = [await plot(result, 'wide'), await plot(result, 'narrow')].map((svg, i) =>
    // The page has the rules for all of them.
    svg.replace(/<style>.*?<\/style>/, '').replace('class="marks"', `class="${i === 0 ? 'wide' : 'narrow'}"`),
  );
  return `<section id="${name}"><h2>${escaped(title)}</h2>
<p class="question">${escaped(question)}</p>
${first === undefined ? '' : `<p class="answer">${escaped(first)}</p>`}
${others.length === 0 ? '' : `<ul>${others.map((sentence) => `<li>${escaped(sentence)}</li>`).join('')}</ul>`}
<figure>${pictures.join('')}
<figcaption>Upright bars: the 95 % bootstrap interval of the median.</figcaption></figure>
<details><summary>All figures: ${String(table.length - 1)} rows</summary>
${tableOf(table, `${title}. ${unit}: ${xLabel}`, 2)}
<p class="quiet">${escaped(`${legendOf(result).join('; ')}.`)}</p>
</details>
<p class="quiet">Again: <code>${escaped(againOf(result, comparison))}</code></p>
</section>`;
}

/** A table in a box of its own, which scrolls where the screen is narrow. The first columns, so many, head their rows. */
function tableOf([head = [], ...body]: Table, caption: string, heads: number): string {
  const right = head.map((_, i) => isOfFigures(body, i));
  const classOf = (i: number, text: string): string =>
    right[i] === true ? ' class="right"' : text.length > 40 ? ' class="words"' : '';
  const rows = body.map((cells, row) => {
    const line = cells.map((cell, i) =>
      i < heads
        ? `<th scope="row"${classOf(i, '')}>${escaped(cell)}</th>`
        : `<td${classOf(i, cell)}>${marked(escaped(cell))}</td>`,
    );
    const isFirst = heads > 1 && row > 0 && body[row - 1]?.[0] !== cells[0];
    return `<tr${isFirst ? ' class="first"' : ''}>${line.join('')}</tr>`;
  });
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(caption)}"><table><caption>${escaped(caption)}</caption>
<thead><tr>${head.map((cell, i) => `<th scope="col"${classOf(i, '')}>${escaped(cell)}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** What is in bold in Markdown is so here. */
function marked(text: string): string {
  return text.replace(/^\*\*(.*)\*\*$/, '<strong>$1</strong>');
}
