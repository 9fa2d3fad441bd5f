import { expect } from 'chai';
import fc from 'fast-check';
import {
  blockExtents,
  cutExtents,
  ExtentCursor,
  ExtentList,
  jointExtents,
  MAX_EXTENTS,
  unknownExtent,
  type ExtentState,
} from '../../lib/io/extents.js';
import { lettersOf, statesOf } from '../conformance/known-device.js';

const letters = fc.string({ unit: fc.constantFrom('d', 'z', 'h', '?'), maxLength: 40 });
const bytes = (text: string): ExtentState[] => joined(statesOf(text, 1));
const text = (extents: readonly ExtentState[]): string => lettersOf(extents, 1);

function joined(extents: readonly ExtentState[]): ExtentState[] {
  const list = new ExtentList();
  for (const state of extents) list.add(state.length, state);
  return list.extents;
}

describe('unknownExtent', () => {
  it('is what holds of anything: allocated, and not known to be zero (I14)', () => {
    expect(unknownExtent(7)).to.deep.equal({ length: 7, allocated: true, zero: false });
  });
});

describe('ExtentList', () => {
  it('makes one run of neighbours that are alike, and none of no bytes', () => {
    const list = new ExtentList();
    for (const state of statesOf('hhdz', 1)) list.add(state.length, state);
    list.add(0, { allocated: false, zero: false });
    expect(list.extents).to.deep.equal([
      { length: 2, allocated: false, zero: true },
      { length: 1, allocated: true, zero: false },
      { length: 1, allocated: true, zero: true },
    ]);
    expect(list.length).to.equal(4);
  });

  it('has no more runs than it may, and says so (I14)', () => {
    const list = new ExtentList();
    const states = statesOf('dh'.repeat(MAX_EXTENTS), 1);
    expect(states.findIndex((state) => !list.add(1, state))).to.equal(MAX_EXTENTS);
    expect([list.extents.length, list.length]).to.deep.equal([MAX_EXTENTS, MAX_EXTENTS]);
  });
});

describe('ExtentCursor', () => {
  it('goes through runs in steps, and has nothing behind the last', () => {
    const cursor = new ExtentCursor(bytes('ddh'));
    expect([cursor.left, cursor.state?.zero]).to.deep.equal([2, false]);
    cursor.advance(1);
    expect(cursor.left).to.equal(1);
    cursor.advance(1);
    expect([cursor.left, cursor.state?.zero]).to.deep.equal([1, true]);
    cursor.advance(1);
    expect([cursor.left, cursor.state]).to.deep.equal([0, null]);
  });
});

describe('cutExtents', () => {
  it('answers what a string of letters has there (I14)', () => {
    fc.assert(
      fc.property(letters, fc.nat(45), fc.nat(45), (all, skip, length) => {
        expect(text(cutExtents(bytes(all), skip, length))).to.equal(all.slice(skip, skip + length));
      }),
    );
  });
});

describe('jointExtents', () => {
  it('tells of each byte what holds of it in every place, as far as all places are known (I14)', () => {
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 4 }), (places) => {
        const shortest = Math.min(...places.map(({ length }) => length));
        const expected = Array.from({ length: shortest }, (_, i) => {
          const here = places.map((place) => place.charAt(i));
          const zero = here.every((letter) => 'zh'.includes(letter));
          const allocated = here.some((letter) => 'dz'.includes(letter));
          return allocated ? (zero ? 'z' : 'd') : zero ? 'h' : '?';
        });
        expect(text(jointExtents(places.map(bytes)))).to.equal(expected.join(''));
      }),
    );
  });

  it('knows nothing of no place', () => {
    expect(jointExtents([])).to.deep.equal([]);
  });
});

describe('blockExtents', () => {
  it('tells of each block what holds of all of it; of one that is not known to its end nothing (I14)', () => {
    fc.assert(
      fc.property(letters, fc.constantFrom(1, 2, 4, 8), (all, blockSize) => {
        let expected = '';
        for (let at = 0; at < all.length; at += blockSize) {
          const block = Array.from(all.slice(at, at + blockSize));
          const zero = block.every((letter) => 'zh'.includes(letter));
          const allocated = block.some((letter) => 'dz'.includes(letter));
          const known = allocated ? (zero ? 'z' : 'd') : zero ? 'h' : '?';
          expected += (block.length < blockSize ? 'd' : known).repeat(blockSize);
        }
        expect(text(blockExtents(bytes(all), blockSize))).to.equal(expected);
      }),
    );
  });
});
