import { expect } from 'chai';
import * as fc from 'fast-check';
import { ParityMap } from '../../lib/layers/parity-map.js';

const maps = fc
  .record({
    members: fc.integer({ min: 3, max: 9 }),
    blocks: fc.integer({ min: 1, max: 5 }),
    stripes: fc.integer({ min: 1, max: 20 }),
  }) // prettier-ignore
  .map(({ members, blocks, stripes }) => new ParityMap(members, blocks * 512, stripes, 8192));

describe('ParityMap', () => {
  it('lies as Linux md’s left-symmetric does', () => {
    const map = new ParityMap(4, 512, 4);
    const table = Array.from({ length: 4 }, (_, stripe) => {
      const row = new Array<string>(4).fill('?');
      row[map.parityOf(stripe)] = 'P';
      for (let index = 0; index < 3; index++) row[map.memberOf(stripe, index)] = String(stripe * 3 + index);
      return row.join(' ');
    });
    expect(table).to.deep.equal(['0 1 2 P', '4 5 P 3', '8 P 6 7', 'P 9 10 11']);
  });

  it('puts chunks in a row on members in a row, across stripes too', () => {
    fc.assert(
      fc.property(maps, (map) => {
        const members = Array.from({ length: map.stripes }, (_, stripe) =>
          Array.from({ length: map.members - 1 }, (_, index) => map.memberOf(stripe, index)),
        ).flat();
        for (const [i, member] of members.entries()) expect(member).to.equal(i % map.members);
      }),
      { numRuns: 50 },
    );
  });

  it('gives every block of a member to one block of data, or to parity', () => {
    fc.assert(
      fc.property(maps, (map) => {
        const taken = new Set<string>();
        for (let position = 0; position < map.size; position += 512) {
          const [part] = map.partsOf(position, 512);
          const at = map.positionOf(map.stripeOf(position)) + (part?.within ?? 0);
          taken.add(`${String(part?.member)} ${String(at)}`);
        }
        for (let stripe = 0; stripe < map.stripes; stripe++) {
          for (let within = 0; within < map.chunk; within += 512) {
            taken.add(`${String(map.parityOf(stripe))} ${String(map.positionOf(stripe) + within)}`);
          }
        }
        expect(taken.size).to.equal((map.members * map.stripes * map.chunk) / 512);
        const places = [...taken].map((each) => Number(each.split(' ')[1]));
        expect([Math.min(...places), Math.max(...places)]).to.deep.equal([8192, 8192 + map.stripes * map.chunk - 512]);
      }),
      { numRuns: 30 },
    );
  });

  it('tells where the data of a member’s chunk is on the array', () => {
    fc.assert(
      fc.property(maps, fc.nat(), (map, from) => {
        const position = (from % (map.size / 512)) * 512;
        const [part] = map.partsOf(position, 512);
        const at = map.dataPositionOf(map.stripeOf(position), part?.member ?? -1) + (part?.within ?? -1);
        expect(at).to.equal(position);
      }),
      { numRuns: 100 },
    );
  });

  it('parts a range within a stripe so that the parts are where single blocks are, none left out', () => {
    fc.assert(
      fc.property(maps, fc.nat(), fc.nat(), (map, from, count) => {
        const blocks = map.stripeSize / 512;
        const start = from % blocks;
        const length = 1 + (count % (blocks - start));
        const position = (from % map.stripes) * map.stripeSize + start * 512;
        const parts = map.partsOf(position, length * 512);
        expect(parts.length).to.be.below(map.members);
        expect(new Set(parts.map(({ member }) => member)).size).to.equal(parts.length);
        const single = parts.flatMap(({ member, within, offset, length: bytes }) =>
          Array.from({ length: bytes / 512 }, (_, i) => [member, within + i * 512, offset + i * 512]),
        );
        const expected = Array.from({ length }, (_, i) => {
          const [part] = map.partsOf(position + i * 512, 512);
          return [part?.member, part?.within, i * 512];
        });
        expect(single).to.deep.equal(expected);
      }),
      { numRuns: 100 },
    );
  });
});
