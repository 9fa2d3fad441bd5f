import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { answer } from '../../../lib/compare/report/answer.js';
import { headlineOf, wholeHeadline } from '../../../lib/compare/report/headline.js';
import { reportPage } from '../../../lib/compare/report/html.js';
import { escaped } from '../../../lib/compare/report/plot.js';
import { experimentTable } from '../../../lib/compare/report/table.js';
import { chromiumPath, launchChromium } from '../../chromium.js';
import { rowOf, useFolder } from '../support.js';
import { comparisonOf, resultOf } from './support.js';

/** Of two questions, with one point, with a word that is too long for a telephone, with a design that cannot. */
const comparison = comparisonOf({
  experiments: [
    resultOf({ name: 'depth', notes: ['a'.repeat(64)] }),
    resultOf({
      name: 'cancel',
      title: 'Cancelling <one>',
      rows: [rowOf(), rowOf({ design: 'cloneKiobuf', cannot: 'has no "queue" & no list' })],
    }),
  ],
});

describe('reportPage', function () {
  this.timeout(120_000);
  let html: string;
  before(async () => {
    html = await reportPage(comparison);
  });

  it('asks for nothing: no script, no font, no picture from elsewhere', () => {
    expect(html).to.not.match(/<script|<link|<img|<iframe|@import|url\(|\ssrc=|href="(?!#)/);
  });

  it('has a title, a language, and headings in order', () => {
    expect(html).to.match(/^<!doctype html>\n<html lang="en">/);
    expect(html).to.include('<title>wakechain: the designs compared</title>');
    const levels = [...html.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
    expect(levels[0]).to.equal(1);
    for (let i = 1; i < levels.length; i++) expect(levels[i]! - levels[i - 1]!).to.be.within(-2, 1);
  });

  it('has the finding, the answer, two plots for different widths, the whole table and the way to run it again, of each', () => {
    for (const result of comparison.experiments) {
      const [section] = new RegExp(`<section id="${result.name}">[^]*?</section>`).exec(html) ?? [''];
      expect(section).to.include(`<h2>${escaped(headlineOf(result))}</h2>`);
      for (const sentence of answer(result)) expect(section).to.include(`<li>${escaped(sentence)}</li>`);
      expect(section.match(/<svg [^>]*role="img"/g)).to.have.length(2);
      expect(section.match(/<tr/g)).to.have.length(experimentTable(result).length);
      expect(section).to.match(/<caption>[^]*<th scope="col"[^]*<th scope="row"/);
      expect(section).to.include(`wakechain compare --experiment ${result.name} --seed 1`);
    }
  });

  it('begins with what was found, and what the designs are', () => {
    const [header] = /<header>[^]*<\/header>/.exec(html) ?? [''];
    expect(header).to.include(`<h1>${wholeHeadline(comparison)}</h1>`);
    for (const { name } of comparison.designs) expect(header).to.match(new RegExp(`<dt>${name}</dt><dd>\\w`));
  });

  it('has links that lead somewhere', () => {
    const links = [...html.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    expect(links).to.include.members(['questions', 'whole', 'depth', 'cancel', 'designs', 'method']);
    for (const id of links) expect(html).to.include(` id="${id}"`);
  });

  it('shows what it is told as text', () => {
    expect(html).to.include('Cancelling &lt;one&gt;').and.to.not.include('<one>');
    expect(html).to.include('cloneKiobuf cannot: it has no &quot;queue&quot; &amp; no list.');
  });

  it('has no two elements with one name', () => {
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).to.equal(ids.length);
  });

  const why =
    chromiumPath === null ? ' (skipped: Chromium is not installed, and CHROMIUM does not say where it is)' : '';
  (chromiumPath === null ? describe.skip : describe)(`in Chromium${why}`, () => {
    const folder = useFolder();
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    let browser: Browser;
    let url: string;
    before(async () => {
      browser = await launchChromium();
      const path = join(folder.path, 'report.html');
      writeFileSync(path, html);
      url = pathToFileURL(path).href;
    });
    after(() => browser.close());

    /** The page, with everything open, and what it asked for and complained of. */
    async function opened(
      width: number,
      colorScheme: 'light' | 'dark',
    ): Promise<{ page: Page; said: string[]; asked: string[] }> {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      const [said, asked]: [string[], string[]] = [[], []];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(error.message));
      page.on('request', (request) => asked.push(request.url()));
      await page.goto(url);
      await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true');
      return { page, said, asked };
    }

    for (const [width, scheme] of [
      [360, 'light'],
      [360, 'dark'],
      [1200, 'light'],
      [1200, 'dark'],
    ] as const) {
      it(`is accessible and fits, ${width} pixels wide and ${scheme}, without a request or a complaint`, async () => {
        const { page, said, asked } = await opened(width, scheme);
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(width);
        await page.evaluate(axe);
        const found = await page.evaluate<Found>('axe.run(document)');
        const told = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html: node }) => node).join(' ')}`);
        expect(told).to.deep.equal([]);
        expect(found.passes.map(({ id }) => id)).to.include.members(['color-contrast', 'svg-img-alt', 'heading-order']);
        expect(said).to.deep.equal([]);
        expect(asked).to.deep.equal([url]);
        await page.close();
      });
    }

    it('shows the plot that suits the width, in the colours of the scheme', async () => {
      const seen = async (width: number, scheme: 'light' | 'dark'): Promise<unknown> => {
        const { page } = await opened(width, scheme);
        const found = await page.evaluate(`[...document.querySelectorAll('#depth svg')]
          .filter((svg) => svg.getBoundingClientRect().width > 0)
          .map((svg) => [svg.getAttribute('class'), getComputedStyle(svg.querySelector('.mark-symbol path')).fill])`);
        await page.close();
        return found;
      };
      expect(await seen(360, 'light')).to.deep.equal([['narrow', 'rgb(51, 34, 136)']]);
      expect(await seen(1200, 'dark')).to.deep.equal([['wide', 'rgb(169, 155, 255)']]);
    });

    it('is printed light, with its tables open', async () => {
      const page = await browser.newPage({ viewport: { width: 800, height: 800 }, colorScheme: 'dark' });
      await page.goto(url);
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      const seen = await page.evaluate(`[getComputedStyle(document.body).backgroundColor,
        [...document.querySelectorAll('details table')].every((table) => table.checkVisibility({ contentVisibilityAuto: true }) && table.getBoundingClientRect().height > 0),
        getComputedStyle(document.querySelector('.scroll')).overflowX]`);
      expect(seen).to.deep.equal(['rgb(255, 255, 255)', true, 'visible']);
      await page.close();
    });

    it('scrolls a table in a box of its own, which the keyboard reaches', async () => {
      const { page } = await opened(360, 'light');
      const boxes = await page.evaluate<unknown[]>(`[...document.querySelectorAll('.scroll')].map((box) =>
        [box.tabIndex, box.getAttribute('role'), box.getBoundingClientRect().right <= innerWidth])`);
      expect(boxes.length).to.be.at.least(3);
      for (const box of boxes) expect(box).to.deep.equal([0, 'region', true]);
      await page.close();
    });
  });
});

/** What axe tells. */
interface Found {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  readonly passes: readonly { readonly id: string }[];
}
