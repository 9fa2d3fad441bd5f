import { expect } from 'chai';
import { amountAxis } from '../../../lib/compare/report/amount-axis.js';

describe('amountAxis', () => {
  interface Axis {
    readonly scale: { readonly type: string; readonly domain: readonly [number, number] };
    readonly axis: { readonly values: readonly number[]; readonly labelExpr: string };
  }
  const axisOf = (amounts: readonly number[], unit: 'ns' | 'B' | 'B/s' | '', points = 1): Axis =>
    amountAxis(
      amounts.map((value) => ({ low: value, high: value })),
      unit,
      points,
    ) as Axis;
  const labelsOf = ({ axis }: Axis): string[] =>
    axis.values.map((value) => {
      const labels = JSON.parse(/^\((.*)\)\[datum\.value\]$/.exec(axis.labelExpr)?.[1] ?? '') as Record<string, string>;
      return labels[value] ?? 'none';
    });

  it('has ticks with their units', () => {
    expect(labelsOf(axisOf([80, 3e6], 'ns', 2))).to.deep.equal(['100 ns', '1 µs', '10 µs', '100 µs', '1 ms']);
    expect(labelsOf(axisOf([4e8, 1e9], 'ns'))).to.deep.equal(['0', '200 ms', '400 ms', '600 ms', '800 ms', '1 s']);
    expect(labelsOf(axisOf([30e6], 'B/s'))).to.deep.equal(['0', '10 MB/s', '20 MB/s', '30 MB/s']);
    expect(labelsOf(axisOf([7000], ''))).to.deep.equal(['0', '2,000', '4,000', '6,000']);
  });

  it('grows by factors where there are points to follow, or values differ by many', () => {
    expect(axisOf([10, 20], 'ns', 2).scale.type).to.equal('log');
    expect(axisOf([10, 300], 'ns').scale.type).to.equal('log');
    expect(axisOf([10, 20], 'ns').scale).to.deep.include({ type: 'linear', domain: [0, 21] });
    expect(axisOf([0, 300], 'ns', 2).scale.type).to.equal('linear');
  });

  it('has room for all values, and a place for none', () => {
    const [low, high] = axisOf([10, 300], 'ns').scale.domain;
    expect(low).to.be.below(10);
    expect(high).to.be.above(300);
    expect(labelsOf(axisOf([], ''))[0]).to.equal('0');
    expect(labelsOf(axisOf([0], 'B'))[0]).to.equal('0');
  });
});
