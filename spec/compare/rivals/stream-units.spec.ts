import { Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { PACKED_UNIT, UNIT } from '../../../lib/compare/blueprint.js';
import { Abort } from '../../../lib/compare/rivals/context.js';
import { Flow, type Span } from '../../../lib/compare/rivals/stream-ends.js';
import { Cipher, Packer, SumChecker, SumTaker, Unpacker } from '../../../lib/compare/rivals/stream-units.js';
import { PagePool } from '../../../lib/io/index.js';
import { rejectionOf } from '../support.js';

describe('stages of streams', () => {
  const key = Uint8Array.from({ length: 64 }, (_, i) => i);
  const plain = Uint8Array.from({ length: 3 * UNIT }, (_, i) => (i * 7) % 251);
  const span = (position = 0): Span => ({
    position,
    length: plain.length,
    flow: new Flow(new Abort(), new PagePool()),
  });

  /** What comes out, of bytes that come in pieces of a size. */
  const through = async (stage: Duplex, bytes: Uint8Array, size = bytes.length): Promise<Uint8Array> => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    const out: Uint8Array[] = [];
    await pipeline(Readable.from(pieces, { objectMode: false }), stage, async (results: AsyncIterable<Uint8Array>) => {
      for await (const result of results) out.push(result);
    });
    return Uint8Array.from(Buffer.concat(out));
  };

  for (const size of [1000, UNIT, UNIT + 1, 3 * UNIT]) {
    it(`work on whole units though bytes come ${size} at a time`, async () => {
      const at = span(8 * UNIT);
      const secret = await through(new Cipher(true, key, at), plain, size);
      expect(secret).to.deep.equal(await through(new Cipher(true, key, at), plain));
      expect(secret).to.not.deep.equal(plain);
      expect(await through(new Cipher(false, key, at), secret, size)).to.deep.equal(plain);
      const packed = await through(new Packer(at), plain, size);
      expect(packed).to.have.length(3 * PACKED_UNIT);
      expect(await through(new Unpacker(at), packed, size)).to.deep.equal(plain);
    });
  }

  it('fail when half a unit is all that comes', async () => {
    const short = await rejectionOf(through(new Cipher(false, key, span()), plain.subarray(0, UNIT / 2)));
    expect(short).to.include({ code: 'EIO', message: 'EIO: The device came back short' });
  });

  describe('SumTaker', () => {
    const taken = async (table: Map<number, number>, succeeded: boolean): Promise<void> => {
      const at = span(2 * UNIT);
      await through(new SumTaker(table, at), plain);
      expect([...table.keys()]).to.deep.equal(succeeded ? [] : [2 * UNIT]);
      for (const end of at.flow.ends) end(succeeded);
    };

    it('notes the sums when it is known that the blocks were written, and SumChecker finds the one that differs', async () => {
      const table = new Map<number, number>();
      await taken(table, true);
      expect([...table.keys()]).to.deep.equal([2 * UNIT, 3 * UNIT, 4 * UNIT]);
      expect(await through(new SumChecker(table, span(2 * UNIT)), plain, 1000)).to.deep.equal(plain);
      const wrong = plain.slice();
      wrong[UNIT + 1]! ^= 1;
      expect(await rejectionOf(through(new SumChecker(table, span(2 * UNIT)), wrong))).to.include({
        code: 'EIO',
        message: `EIO: A block from ${3 * UNIT} on does not match its sum`,
      });
    });

    it('forgets those of a write that failed: any block may be the old one or the new', async () => {
      const table = new Map([[2 * UNIT, 1]]);
      await taken(table, false);
      expect(table.size).to.equal(0);
    });
  });

  describe('Unpacker', () => {
    it('fails at a block with the number of another, and takes what was never written', async () => {
      const packed = await through(new Packer(span()), plain);
      expect(await rejectionOf(through(new Unpacker(span(UNIT)), packed))).to.include({
        code: 'EIO',
        message: "EIO: Block 1 is another's",
      });
      expect(await through(new Unpacker(span()), new Uint8Array(PACKED_UNIT))).to.deep.equal(new Uint8Array(UNIT));
    });
  });
});
