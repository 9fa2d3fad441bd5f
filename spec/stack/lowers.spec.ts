import { expect } from 'chai';
import { devicesOf, isRedundant, lowersOf, pathOf } from '../../lib/stack/lowers.js';
import type { DeviceDescription } from '../../lib/stack/index.js';

const [a, b, c]: DeviceDescription[] = ['a', 'b', 'c'].map((path) => ({ type: 'file', path }));
const kinds: [DeviceDescription, string[]][] = [
  [a!, []],
  [{ type: 'pass', lower: a! }, ['device.lower']],
  [{ type: 'mirror', members: [a!, b!] }, ['device.members.0', 'device.members.1']],
  [
    { type: 'linear', segments: [{ device: b! }, { device: c! }] },
    ['device.segments.0.device', 'device.segments.1.device'],
  ],
];

describe('pathOf', () => {
  for (const [description, paths] of kinds) {
    it(`says where each of what a ${description.type} stands on is described`, () => {
      expect(lowersOf(description).map((_, i) => pathOf(description, 'device', i))).to.deep.equal(paths);
    });
  }
});

describe('devicesOf', () => {
  it('has each in front of what it stands on', () => {
    const mirror: DeviceDescription = { type: 'mirror', members: [{ type: 'checksum', lower: a! }, b!] };
    const found = devicesOf({ type: 'linear', segments: [{ device: mirror }, { device: c! }] });
    expect(found.map(({ type }) => type)).to.deep.equal(['linear', 'mirror', 'checksum', 'file', 'file', 'file']);
    expect(found.slice(3)).to.deep.equal([a, b, c]);
  });
});

describe('isRedundant', () => {
  it('is true of a mirror and a parity, and of nothing else that has members', () => {
    const members = [a!, b!];
    const all: DeviceDescription[] = [{ type: 'mirror', members }, { type: 'parity', members }, { type: 'stripe', members }, a!]; // prettier-ignore
    expect(all.map(isRedundant)).to.deep.equal([true, true, false, false]);
  });
});
