import { expect } from 'chai';
import type { Io, Operation } from '../../lib/io/io.js';
import { Errand, type Ask } from '../../lib/nbd/ask.js';
import { carve } from '../../lib/nbd/carving.js';
import * as wire from '../../lib/nbd/wire.js';

/** What a header without pages is sent as. */
function carved(flags: number, header: { operation: Operation; length: number; fua: boolean }): Ask[] {
  const io = { ...header, pages: null, offset: 0, position: 4096 } as unknown as Io;
  const asks: Ask[] = [];
  carve(new Errand(io, () => undefined), { flags, dataBytes: 512, zeroBytes: 1024, spanBytes: 2048 }, (ask) =>
    asks.push(ask),
  );
  return asks;
}

describe('carve', () => {
  const { FLAG_SEND_FUA: FUA, FLAG_SEND_FLUSH: FLUSH } = wire;
  const cases: [name: string, flags: number, fua: boolean, sent: number][] = [
    ['asks for fua where the header does and the server has it', FUA, true, wire.CMD_FLAG_FUA],
    ['asks for no fua that the header does not', FUA, false, 0],
    ['asks for no fua that the server does not have', FLUSH, true, 0],
    ['asks for no fua that nobody wants', FLUSH, false, 0],
  ];
  for (const [name, flags, fua, sent] of cases) {
    it(`${name} (I7)`, () => {
      const asks = carved(flags, { operation: 'writeZeroes', length: 2560, fua });
      expect(asks.map((ask) => ask.flags)).to.deep.equal([sent, sent, sent]);
    });
  }

  it('makes parts that are no longer than the server allows, one after the other, of one that is', () => {
    const asks = carved(0, { operation: 'discard', length: 2560, fua: false });
    expect(asks.map(({ type, position, length }) => [type, position, length])).to.deep.equal([
      [wire.CMD_TRIM, 4096, 2048],
      [wire.CMD_TRIM, 6144, 512],
    ]);
    expect(carved(0, { operation: 'discard', length: 2048, fua: false }).map(({ length }) => length)).to.deep.equal([
      2048,
    ]);
  });
});
