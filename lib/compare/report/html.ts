import type { Comparison, ExperimentResult } from '../compare.js';
import { questions } from '../questions.js';
import { answer } from './answer.js';
import { style } from './html-style.js';
import { costTable, findingsOf } from './findings.js';
import { headlineOf, wholeHeadline } from './headline.js';
import { designsIntro, INTRO } from './intro.js';
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
@media screen and (prefers-color-scheme:dark){${darkRules}}</style>
</head>
<body>
<header>
<h1>${escaped(wholeHeadline(comparison))}</h1>
<p>${escaped(INTRO)} ${escaped(`Here ${String(comparison.designs.length)} of them did the same work, in the same ${counted(comparison.experiments.length)}.`)}</p>
${intro(comparison)}
<nav aria-label="Contents"><ul>
${asked.length === 0 ? '' : '<li><a href="#questions">The questions, answered</a></li>\n<li><a href="#whole">Which design wins where</a></li>'}
${comparison.experiments.map(({ name, title }) => `<li><a href="#${name}">${escaped(title)}</a></li>`).join('\n')}
<li><a href="#designs">What each design can do</a></li>
<li><a href="#method">How it was measured</a></li>
</ul></nav>
</header>
<main>
${asked.length === 0 ? '' : questionsSection(comparison, asked)}
${sections.join('\n')}
<section id="designs"><h2>What each design can do</h2>
${tableOf(capabilitiesTable(comparison.designs), 'What each design says of itself', 1)}
</section>
<section id="method"><h2>How it was measured</h2>
<ul>${methodOf(comparison)
    .map((sentence) => `<li>${escaped(sentence)}</li>`)
    .join('')}</ul>
</section>
</main>
<footer>Made by <code>wakechain compare</code>.</footer>
</body>
</html>
`;
}

/** What the designs are, as a list of terms. */
function intro(comparison: Comparison): string {
  const terms = designsIntro(comparison).map(
    ([name, about]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(about)}</dd></div>`,
  );
  return `<dl>${terms.join('\n')}</dl>`;
}

function counted(experiments: number): string {
  return experiments === 1 ? 'experiment' : `${String(experiments)} experiments`;
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
<p>${escaped(OVERVIEW)}</p>
${tableOf(overview, `Time ÷ ${comparison.base}, by experiment`, 1)}
${costs.length === 0 ? '' : `<p>${escaped(COSTS)}</p>\n${tableOf(costs, 'What one more costs, by design', 1)}`}
</section>`;
}

const PLOTTED =
  'Mark: the median; bar: its 95 % bootstrap interval. Whether two designs differ is told by their ratio, below.';

async function experimentSection(comparison: Comparison, result: ExperimentResult): Promise<string> {
  const { name, title, question, unit, xLabel, notes } = result;
  const said = [...answer(result), ...notes];
  const table = experimentTable(result);
  const pictures = [await plot(result, 'wide'), await plot(result, 'narrow')].map((svg, i) =>
    // The page has the rules for all of them.
    svg.replace(/<style>.*?<\/style>/, '').replace('class="marks"', `class="${i === 0 ? 'wide' : 'narrow'}"`),
  );
  return `<section id="${name}"><p class="topic">${escaped(title)}</p>
<h2>${escaped(headlineOf(result))}</h2>
<p class="question">${escaped(question)}</p>
<figure>${pictures.join('')}
<figcaption>${PLOTTED}</figcaption></figure>
${said.length === 0 ? '' : `<ul>${said.map((sentence) => `<li>${escaped(sentence)}</li>`).join('')}</ul>`}
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
