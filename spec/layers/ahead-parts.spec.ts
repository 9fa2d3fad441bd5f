import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { AheadParts, type AheadPart } from '../../lib/layers/ahead-parts.js';
import { Random, seed } from '../conformance/random.js';

const pages = new PagePool({ maxBytes: 1 << 16 }).allocate(4096);

function part(start: number, end: number): AheadPart {
  return { start, end, pages, number: 0, request: null, readers: new Set(), found: true };
}

const ranges = (parts: Iterable<AheadPart> | null): number[][] | null =>
  parts === null ? null : [...parts].map(({ start, end }) => [start, end]);

describe('AheadParts', () => {
  it('keeps parts by position, whatever order they came in', () => {
    const parts = new AheadParts();
    for (const [start, end] of [
      [4, 6],
      [0, 2],
      [6, 7],
    ] as const)
      parts.add(part(start, end));
    expect(ranges(parts)).to.deep.equal([
      [0, 2],
      [4, 6],
      [6, 7],
    ]);
  });

  it('covers a range only without a gap', () => {
    const parts = new AheadParts();
    for (const start of [0, 2, 6]) parts.add(part(start, start + 2));
    expect(ranges(parts.covering(1, 3))).to.deep.equal([
      [0, 2],
      [2, 4],
    ]);
    expect([parts.covering(3, 7), parts.covering(4, 5), parts.covering(7, 9)]).to.deep.equal([null, null, null]);
  });

  it('finds what a range touches, but not what it only adjoins', () => {
    const parts = new AheadParts();
    for (const start of [0, 4, 8]) parts.add(part(start, start + 2));
    expect(ranges(parts.touching(2, 4))).to.deep.equal([]);
    expect(ranges(parts.touching(1, 9))).to.deep.equal([
      [0, 2],
      [4, 6],
      [8, 10],
    ]);
  });

  it('agrees with a look at every part, after any adding and removing', () => {
    const random = new Random(seed);
    const parts = new AheadParts();
    let all: AheadPart[] = [];
    for (let step = 0; step < 2000; step++) {
      const start = random.below(60);
      const end = start + 1 + random.below(6);
      const touching = all.filter((each) => each.start < end && start < each.end).sort((a, b) => a.start - b.start);
      expect(parts.touching(start, end)).to.deep.equal(touching);
      const covered = Array.from({ length: end - start }, (_, i) => start + i).every((at) =>
        touching.some((each) => each.start <= at && at < each.end),
      );
      expect(parts.covering(start, end)).to.deep.equal(covered ? touching : null);
      const [gone] = touching;
      if (gone === undefined) {
        const added = part(start, end);
        all.push(added);
        parts.add(added);
      } else if (random.chance(50)) {
        parts.remove(gone);
        all = all.filter((each) => each !== gone);
      }
    }
  });
});
