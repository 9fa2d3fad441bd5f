import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { HeldBottom } from '../../../lib/compare/index.js';
import { Abort } from '../../../lib/compare/rivals/context.js';
import { bottomOf, carved, queue, staged, type Device } from '../../../lib/compare/rivals/stream-devices.js';
import { Flow, PagesWriter, Pass, type Span } from '../../../lib/compare/rivals/stream-ends.js';
import { passTurns } from '../../../lib/compare/turns.js';
import { PULLED } from '../../../lib/io/io-error.js';
import { PAGE_SIZE, PagePool } from '../../../lib/io/index.js';
import { rejectionOf } from '../support.js';

describe('devices of streams', () => {
  const pool = new PagePool();
  const span = (length: number, position = 0): Span => ({ position, length, flow: new Flow(new Abort(), pool) });
  const read = (device: Device, { position, length, flow }: Span): Promise<void> =>
    pipeline([...device.reads({ position, length, flow }), new PagesWriter(pool.allocate(length), 0)] as never);
  const until = async (condition: () => boolean): Promise<void> => {
    expect(await passTurns(condition)).to.equal(true);
  };

  it('put the stream of a layer behind what it reads from and before what it writes to', () => {
    const [reader, writer] = [new Pass(), new Pass()];
    const device = staged(bottomOf(new HeldBottom()), () => reader, () => writer); // prettier-ignore
    const [reads, writes] = [device.reads(span(512)), device.writes(span(512))];
    expect([reads.length, reads[1], writes.length, writes[0]]).to.deep.equal([2, reader, 2, writer]);
    for (const stream of [...reads, ...writes]) stream.destroy();
  });

  it('draw on all parts of what is carved up at once, and yield them in order whatever comes first', async () => {
    const bottoms = [new HeldBottom(), new HeldBottom()] as const;
    const over = bottoms.map((bottom) => ({ kind: 'device', bottom }) as const);
    const device = carved({ kind: 'stripe', chunk: PAGE_SIZE, over }, bottoms.map(bottomOf));
    const pages = pool.allocate(2 * PAGE_SIZE);
    const whole = span(2 * PAGE_SIZE);
    const reading = pipeline([...device.reads(whole), new PagesWriter(pages, 0)] as never);
    await until(() => bottoms.every(({ held }) => held.length === 1));
    for (const [i, bottom] of [...bottoms.entries()].reverse()) {
      bottom.held[0]!.pages!.set(new Uint8Array(PAGE_SIZE).fill(i + 1));
      bottom.answer();
      await passTurns(() => false);
    }
    await reading;
    expect([pages.bytes(0, 1)[0], pages.bytes(PAGE_SIZE, 1)[0]]).to.deep.equal([1, 2]);
  });

  it('flush each device once that is carved up, and fail as the first does', async () => {
    const bottom = new HeldBottom();
    const lower = bottomOf(bottom);
    const over = { kind: 'device', bottom } as const;
    const flushing = carved({ kind: 'stripe', chunk: 512, over: [over, over] }, [lower, lower]).flush();
    expect(bottom.held.map(({ operation }) => operation)).to.deep.equal(['flush']);
    bottom.held.pop()!.finish(0, PULLED);
    expect(await rejectionOf(flushing)).to.equal(PULLED);
  });

  describe('with a queue', () => {
    it('give a place to as many as it has, and to the next when the device has answered', async () => {
      const bottom = new HeldBottom();
      const device = queue({ kind: 'queue', depth: 1, over: { kind: 'device', bottom } }, bottomOf(bottom));
      const readings = [0, 512].map((position) => read(device, span(512, position)));
      const places: number[] = [];
      for (let i = 0; i < 2; i++) {
        await until(() => bottom.held.length > 0);
        await passTurns(() => false);
        places.push(...bottom.held.map(({ position }) => position));
        bottom.answer();
      }
      await Promise.all(readings);
      expect(places).to.deep.equal([0, 512]);
    });

    it('let go of one that waits when it is aborted, which never reaches the device (N14)', async () => {
      const bottom = new HeldBottom();
      const device = queue({ kind: 'queue', depth: 1, over: { kind: 'device', bottom } }, bottomOf(bottom));
      const [runs, waits] = [span(512), span(512)];
      const running = read(device, runs);
      await until(() => bottom.held.length > 0);
      const waiting = rejectionOf(read(device, waits));
      await passTurns(() => false);
      waits.flow.abort.abort();
      expect(await waiting).to.equal(PULLED);
      bottom.answer();
      await running;
      await passTurns(() => false);
      expect(bottom.operations).to.equal(1);
    });
  });
});
