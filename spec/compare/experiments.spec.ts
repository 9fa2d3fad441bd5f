import { expect } from 'chai';
import { experiments } from '../../lib/compare/experiments.js';
import { commonMetrics, plans, rivals } from '../../lib/compare/index.js';
import { edge } from '../../lib/compare/rivals/edge.js';
import { settingOf } from './support.js';

describe('experiments', () => {
  it('have names that differ, questions, headings, and points for every plan', () => {
    expect(new Set(experiments.map(({ name }) => name)).size).to.equal(experiments.length);
    for (const { name, title, question, unit, xLabel, points, metrics, decides } of experiments) {
      expect(name).to.match(/^[a-z]+(-[a-z]+)*$/);
      for (const text of [title, xLabel]) expect(text).to.match(/^[A-Z].*[a-zA-Z]$/);
      expect(question).to.match(/^[A-Z].*\?$/);
      expect(unit).to.match(/^[a-z]{1,8}$/);
      for (const plan of Object.keys(plans) as (keyof typeof plans)[]) {
        expect(points[plan]).to.deep.equal([...new Set(points[plan])].sort((a, b) => a - b));
        expect(points[plan].length).to.be.at.least(1);
      }
      const known = [...metrics, ...commonMetrics].map((metric) => metric.name);
      expect(known).to.include.members([...decides]);
      expect(new Set(known).size).to.equal(known.length);
      expect(decides.length).to.be.at.least(1);
    }
  });

  for (const experiment of experiments.filter(({ name }) => name !== 'real-file')) {
    it(`${experiment.name}: has a row for every rival, with figures or the reason why not`, async function () {
      this.timeout(120_000);
      const [point] = experiment.points.quick as [number];
      const setting = settingOf({ rivals: [...rivals, edge] });
      const rows = await experiment.at(point, setting);
      expect(rows.map(({ design, x }) => [design, x])).to.deep.equal(setting.rivals.map(({ name }) => [name, point]));
      const known = [...experiment.metrics, ...commonMetrics].map(({ name }) => name);
      for (const { design, cannot, figures } of rows) {
        if (cannot !== null) {
          expect(cannot).to.match(/^[^A-Z].*[^.]$/);
          expect(figures).to.deep.equal({});
        } else {
          expect(known, design).to.include.members(Object.keys(figures));
          if (design === edge.name) continue;
          const counted = experiment.decides.filter((name) => name !== 'time');
          expect(Object.keys(figures), design).to.include.members(counted);
          for (const name of counted) expect(figures[name]!.value ?? 0, `${design}, ${name}`).to.be.at.least(0);
        }
      }
    });
  }
});
