import { expect } from 'chai';
import type { IoError } from '../../lib/io/io-error.js';
import { PagePool } from '../../lib/io/pages.js';
import { Parity } from '../../lib/layers/parity.js';
import { scrub } from '../../lib/layers/scrub.js';
import { readSuperblock } from '../../lib/layers/superblock.js';
import type { FaultyDevice } from '../conformance/faulty-device.js';
import { programs, rareOnes, runPrograms, type Random } from '../conformance/random.js';
import { BLOCK, codeOf, copyOf, DATA_START, Kit, outcomeOf, someDisks, turn, valuesOf, wrongParityAt } from './parity-kit.js'; // prettier-ignore

/** From now on a disk cannot read this block, until it is written. `whole`: a read that touches it brings nothing. */
function spoil(disk: FaultyDevice, block: number, whole = true): void {
  let bad: number | null = DATA_START + block * BLOCK;
  disk.inline = false;
  disk.onSubmit = (op) => {
    const offset = (bad ?? -1) - op.position;
    if (bad === null || offset < 0 || offset >= op.length) return true;
    if (op.operation === 'write') bad = null;
    if (op.operation !== 'read') return true;
    queueMicrotask(() => op.fail('EIO', whole ? undefined : [{ offset, length: BLOCK }]));
    return false;
  };
}

/*
 * Four members, chunks of two blocks: block 2 of the array is the first of stripe 0 on member 1, beside block 0 on
 * member 0, block 4 on member 2, and the parity on member 3. Blocks 1, 3 and 5 are the other row.
 */
describe('repairParity where a sector cannot be read', () => {
  let kit: Kit;

  /** What a crash has left: all fives, region 0 being written, and the first parity torn. */
  async function crashed(): Promise<FaultyDevice[]> {
    kit = await Kit.make(4);
    await kit.write(0, 30, 5);
    await kit.parity.flush();
    await kit.write(12, 1, 5);
    await kit.parity.flush();
    await kit.write(1, 1, 5);
    const disks = kit.disks.map(copyOf);
    disks[3]?.contents.fill(0x5a, DATA_START, DATA_START + BLOCK);
    return disks;
  }

  const open = (disks: readonly FaultyDevice[], force = false): Promise<Parity> =>
    Parity.open(disks, { pool: kit.pool, force });

  async function transfer(parity: Parity, operation: 'read' | 'write', block: number, blocks: number, value = 0) {
    const pages = kit.pool.allocate(blocks * BLOCK);
    pages.set(new Uint8Array(blocks * BLOCK).fill(value));
    const request = parity[operation](pages.range(0, blocks * BLOCK), { position: block * BLOCK });
    await request.promise().catch(() => undefined);
    const values = valuesOf(pages.bytes(0, blocks * BLOCK));
    pages.free();
    return { outcome: outcomeOf(request), values, error: request.state === 'done' ? null : (request.error as IoError) };
  }
  const read = async (parity: Parity, block: number, blocks = 1): Promise<unknown> => {
    const { outcome, values } = await transfer(parity, 'read', block, blocks);
    return outcome[0] === 'done' ? values : outcome.slice(1);
  };
  const write = async (parity: Parity, block: number, blocks: number, value: number): Promise<unknown> =>
    (await transfer(parity, 'write', block, blocks, value)).outcome.slice(0, 2).join(' ').trim();

  for (const whole of [true, false]) {
    it(`opens, tells it, and fails what needs it alone, naming it, where a read brings ${whole ? 'nothing' : 'the rest'} (I4)`, async () => {
      const disks = await crashed();
      spoil(disks[1]!, 0, whole);
      const parity = await open(disks);
      expect(parity.doubts).to.deep.equal([{ member: 1, position: 1024, length: 512 }]);
      expect([parity.degraded, wrongParityAt(disks)]).to.deep.equal([false, DATA_START]);
      const { outcome, error } = await transfer(parity, 'read', 0, 30);
      expect(outcome).to.deep.equal(['failed', 'EIO', ['0+2', '3+27']]);
      expect(error?.message).to.include('Member 1 could not read the 512 bytes at 1024 after a crash');
      expect([await read(parity, 2), await read(parity, 3)]).to.deep.equal([['EIO', []], [5]]);
      await parity.close();
    });
  }

  it('goes on writing beside it, and computes nothing of its row until that is written anew (I4)', async () => {
    const disks = await crashed();
    spoil(disks[1]!, 0);
    const parity = await open(disks);
    // The other row of the stripe, its own row, and all of the stripe but it.
    for (const [block, blocks] of [[1, 1], [3, 1], [0, 1], [4, 2], [0, 2], [3, 3]] as const) expect(await write(parity, block, blocks, 7), String(block)).to.equal('done'); // prettier-ignore
    expect(await read(parity, 2)).to.deep.equal(['EIO', []]);
    await parity.fail(0);
    expect([await read(parity, 0), await read(parity, 1)]).to.deep.equal([['EIO', []], [7]]);
    // What is missing would have to be computed to go on: part of its row is not known.
    expect([await write(parity, 4, 1, 8), await read(parity, 4)]).to.deep.equal(['done', [8]]);
    expect(await read(parity, 0)).to.deep.equal(['EIO', []]);
    expect([await write(parity, 0, 1, 9), await read(parity, 0)]).to.deep.equal(['failed EIO', ['EIO', []]]);
    await parity.close();
  });

  it('heals when it is written, alone or with more, and then the region is clean after a flush (I8)', async () => {
    for (const [block, blocks] of [
      [2, 1],
      [2, 2],
      [1, 2],
      [0, 6],
      [0, 30],
    ] as const) {
      // prettier-ignore
      const disks = await crashed();
      spoil(disks[1]!, 0);
      const parity = await open(disks);
      await parity.flush();
      await write(parity, 20, 1, 5);
      expect((await readSuperblock(disks[0]!, kit.pool))?.dirty[0]).to.equal(0b11, 'it stays dirty');
      expect(await write(parity, block, blocks, 6)).to.equal('done');
      expect([parity.doubts, await read(parity, 2), wrongParityAt(disks)]).to.deep.equal([[], [6], -1]);
      await parity.flush();
      await parity.close();
      const three = await open(disks.slice(1).map(copyOf));
      expect(await read(three, 0, 6)).to.deep.equal([5, 5, 5, 5, 5, 5].map((value, i) => (i >= block && i < block + blocks ? 6 : value))); // prettier-ignore
      await three.close();
    }
  });

  it('stays so over a close, and is known to be right when it can be read again: by the next open, or a scrub (I8)', async () => {
    const disks = await crashed();
    spoil(disks[1]!, 0);
    await (await open(disks)).close();
    const again = disks.map(copyOf);
    spoil(again[1]!, 0);
    const second = await open(again);
    expect(second.doubts).to.have.length(1);
    // It cannot be computed, and is not put right by what cannot be known.
    const found = await scrub(second, { repair: true });
    expect(found.map(({ problems }) => problems)).to.deep.equal([[{ kind: 'unreadable', member: 1, position: DATA_START, length: 512, repaired: false }]]); // prettier-ignore
    expect(second.doubts).to.have.length(1);
    again[1]!.onSubmit = () => true;
    expect((await scrub(second, { repair: true }))[0]?.repaired).to.equal(512);
    expect([second.doubts, wrongParityAt(again)]).to.deep.equal([[], -1]);
    await second.close();
    const third = await open(disks.map(copyOf));
    expect(third.doubts).to.deep.equal([]);
    expect(await read(third, 0, 6)).to.deep.equal([5, 5, 5, 5, 5, 5]);
    await third.close();
  });

  it('rebuilds no member from what is in doubt, and goes on when that has been written (I4)', async () => {
    for (const member of [1, 2]) {
      const disks = await crashed();
      spoil(disks[1]!, 0);
      const parity = await open(disks);
      await parity.fail(member);
      const [spare] = someDisks(1, 10);
      const error: unknown = await parity.rebuild(member, spare!).catch((e: unknown) => e);
      expect(String(error)).to.include('the 512 bytes at 1024 after a crash');
      expect(parity.members[member]?.state).to.equal('rebuilding');
      expect(await write(parity, 2, 1, 6)).to.equal('done');
      if (member === 2) {
        // What it lacks itself was to be computed from that.
        expect([await read(parity, 2), await read(parity, 4)]).to.deep.equal([[6], ['EIO', []]]);
        expect(String(await parity.rebuild(member, spare!).catch((e: unknown) => e))).to.include('at 1024');
        expect(await write(parity, 4, 1, 5)).to.equal('done');
      }
      await parity.rebuild(member, spare!);
      expect([await read(parity, 0, 6), parity.degraded, parity.doubts]).to.deep.equal([[5, 5, 6, 5, 5, 5], false, []]);
      await parity.close();
    }
  });

  it('opens without the member only by force, which takes what the parity tells', async () => {
    const disks = await crashed();
    spoil(disks[1]!, 0);
    await (await open(disks)).close();
    const others = disks.filter((_, i) => i !== 1).map(copyOf);
    expect(await codeOf(open(others))).to.equal('ERR_DIRTY');
    const parity = await open(others, true);
    expect([parity.doubts, await read(parity, 2)]).to.deep.equal([[], [0x5a]]);
    await parity.close();
  });

  it('makes parity anew that cannot be read itself, and takes two bad sectors in a row as two', async () => {
    const disks = await crashed();
    spoil(disks[3]!, 0);
    const parity = await open(disks);
    expect([parity.doubts, wrongParityAt(disks)]).to.deep.equal([[], -1]);
    await parity.close();
    const others = await crashed();
    spoil(others[0]!, 0);
    spoil(others[2]!, 0);
    const second = await open(others);
    expect(second.doubts.map(({ position }) => position / BLOCK)).to.deep.equal([0, 4]);
    expect([await write(second, 0, 1, 6), await read(second, 0, 4), await read(second, 4)]).to.deep.equal(['done', [6, 5, 5, 5], ['EIO', []]]); // prettier-ignore
    expect(second.doubts.map(({ position }) => position / BLOCK)).to.deep.equal([0, 4]);
    expect([await write(second, 4, 1, 6), await read(second, 0, 6)]).to.deep.equal(['done', [6, 5, 5, 5, 6, 5]]);
    expect([second.doubts, wrongParityAt(others)]).to.deep.equal([[], -1]);
    await second.close();
  });

  it('fails when the disk is gone, or an array is made anew of it', async () => {
    const disks = await crashed();
    disks[1]!.inline = false;
    disks[1]!.onSubmit = (op) => {
      if (op.operation !== 'read' || op.position < DATA_START) return true;
      queueMicrotask(() => op.fail('ENXIO'));
      return false;
    };
    expect(await codeOf(open(disks))).to.equal('ENXIO');
    const used = kit.pool.pagesInUse;
    const blank = someDisks(3, 10);
    spoil(blank[0]!, 0);
    expect(await codeOf(Parity.create(blank, { pool: kit.pool, chunk: 1024 }))).to.equal('EIO');
    expect(kit.pool.pagesInUse).to.equal(used);
  });

  it('takes bad sectors in more stripes than a thousand for a bad disk, and fails', async () => {
    const pool = new PagePool({ maxBytes: 1 << 22 });
    const fresh = someDisks(3, 1503);
    const made = await Parity.create(fresh, { pool, chunk: BLOCK, regionSize: 2 * 1503 * BLOCK, assumeClean: true });
    const pages = pool.allocate(BLOCK);
    await made.write(pages.range(0, BLOCK), { position: 0 });
    const openWith = async (stripes: number): Promise<unknown> => {
      const disks = fresh.map(copyOf);
      const [bad] = disks as [FaultyDevice];
      bad.inline = false;
      bad.onSubmit = (op) => {
        if (op.operation !== 'read' || op.position < DATA_START) return true;
        if (op.position >= DATA_START + stripes * BLOCK) return true;
        queueMicrotask(() => op.fail('EIO'));
        return false;
      };
      try {
        const opened = await Parity.open(disks, { pool });
        const { length } = opened.doubts;
        await opened.close();
        return length;
      } catch (error) {
        return (error as IoError).code;
      }
    };
    // The parity itself is on this member in every third stripe.
    expect([await openWith(1500), await openWith(1502)]).to.deep.equal([1000, 'EIO']);
    pages.free();
    await made.close();
    expect(pool.pagesInUse).to.equal(0);
  });

  it('tells nothing but what may be there, over random crashes with bad sectors, and all of it in the end (I4, I8)', async () => {
    const tally = new Map<string, number>();
    const count = Math.ceil(programs / 10);
    await runPrograms(count, (random) => program(random, tally));
    const floors = { doubt: 0.2, 'not told': 0.2, degraded: 0.05, 'written in doubt': 0.3, 'write failed': 0.01, rebuilt: 0.02, 'not rebuilt': 0.01 }; // prettier-ignore
    expect(rareOnes(floors, tally, count)).to.deep.equal([]);
  }).timeout(120_000);

  async function program(random: Random, tally: Map<string, number>): Promise<void> {
    const note = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);
    kit = await Kit.make(3 + random.below(3));
    const blocks = kit.parity.size / BLOCK;
    const may = Array.from({ length: blocks }, () => new Set([0]));
    let value = 0;
    const range = (): [number, number] => {
      const start = random.below(blocks);
      return [start, 1 + random.below(Math.min(8, blocks - start))];
    };
    const writeSome = async (parity: Parity, [start, length]: [number, number]): Promise<void> => {
      const { outcome } = await transfer(parity, 'write', start, length, ++value);
      for (let i = start; i < start + length; i++) {
        if (outcome[0] === 'done') may[i] = new Set([value]);
        else may[i]?.add(value);
      }
      if (outcome[0] !== 'done') note('write failed');
    };
    for (let i = random.below(6); i > 0; i--) await writeSome(kit.parity, range());
    await kit.parity.flush();
    // Power is lost in the middle of a write: what has not got to the disks, or was not stable, may be lost.
    const [start, length] = range();
    let left = random.below(3 * kit.disks.length);
    for (const disk of kit.disks) {
      disk.inline = false;
      disk.onSubmit = () => left-- > 0;
    }
    const lost = kit.write(start, length, ++value);
    for (let i = start; i < start + length; i++) may[i]?.add(value);
    for (let i = 0; i < 6; i++) await turn();
    const images = kit.disks.map((disk) => {
      const image = copyOf(disk);
      for (let at = DATA_START; at < disk.size; at += BLOCK) {
        if (random.chance(50)) image.contents.set(disk.stable.subarray(at, at + BLOCK), at);
      }
      return image;
    });
    for (const disk of kit.disks) disk.goAway();
    await lost.promise().catch(() => undefined);
    const rows: number[] = [];
    for (const image of images) {
      if (!random.chance(40)) continue;
      rows.push(random.below(10));
      spoil(image, rows.at(-1)!, random.chance(50));
    }
    const parity = await open(images);
    for (const doubt of parity.doubts) note(doubt.length > 0 ? 'doubt' : 'empty');
    const look = async (from: number, length: number): Promise<void> => {
      const { outcome, values } = await transfer(parity, 'read', from, length);
      const told = outcome[2].flatMap((each) => {
        const [offset = 0, of = 0] = each.split('+').map(Number);
        return Array.from({ length: of }, (_, i) => offset + i);
      });
      for (const i of told) expect([...may[from + i]!], `block ${String(from + i)}`).to.include(values[i]);
      if (told.length < length) note('not told');
    };
    // Each block but those that are told of can be read, unless two of its row cannot be.
    const untold = new Set(parity.doubts.flatMap(({ position, length }) => Array.from({ length: length / BLOCK }, (_, i) => position / BLOCK + i))); // prettier-ignore
    const width = images.length - 1;
    for (let block = 0; block < blocks; block++) {
      const row = 2 * Math.floor(block / (2 * width)) + (block % 2);
      if (rows.filter((each) => each === row).length > 1) continue;
      const { outcome } = await transfer(parity, 'read', block, 1);
      expect(outcome[0], `block ${String(block)}`).to.equal(untold.has(block) ? 'failed' : 'done');
    }
    await look(0, blocks);
    for (let step = 0; step < 8; step++) {
      if (random.chance(50)) await look(...range());
      else if (random.chance(70)) {
        if (parity.doubts.length > 0) note('written in doubt');
        await writeSome(parity, range());
      } else if (random.chance(50)) await parity.flush().promise();
      else if (!parity.degraded) {
        note('degraded');
        await parity.fail(random.below(images.length));
      } else {
        const { index } = parity.members.find(({ state }) => state !== 'in-sync')!;
        const { device, state } = parity.members[index]!;
        const spare = state === 'rebuilding' ? device! : someDisks(1, 10)[0]!;
        note((await codeOf(parity.rebuild(index, spare))) === 'done' ? 'rebuilt' : 'not rebuilt');
      }
    }
    await look(0, blocks);
    for (let at = 0; at < blocks; at += 8) await writeSome(parity, [at, Math.min(8, blocks - at)]);
    await writeSome(parity, [0, blocks]);
    expect([parity.doubts, new Set((await transfer(parity, 'read', 0, blocks)).values)]).to.deep.equal([[], new Set([value])]); // prettier-ignore
    await parity.close();
  }
});
