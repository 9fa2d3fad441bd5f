import { expect } from 'chai';
import * as rx from 'rxjs';
import { HeldBottom } from '../../../lib/compare/index.js';
import { EdgeCall } from '../../../lib/compare/edge.js';
import { IoContext } from '../../../lib/compare/rivals/context.js';
import type { Outcome } from '../../../lib/compare/rivals/outcome.js';
import { layersOf, type Device } from '../../../lib/compare/rivals/rxjs-layers.js';
import { passTurns } from '../../../lib/compare/turns.js';
import { PULLED } from '../../../lib/io/io-error.js';
import { IoError, MemoryDevice, PAGE_SIZE, PagePool } from '../../../lib/io/index.js';

describe('layersOf', () => {
  const layers = layersOf(rx);
  const pool = new PagePool();
  const disk = new MemoryDevice({ size: 4 * PAGE_SIZE });
  const read = (length = PAGE_SIZE): IoContext =>
    IoContext.of(new EdgeCall(disk.read(pool.allocate(length), { position: 0 }), { begin: () => {} }));
  const outcomesOf = (device: Device, io: IoContext): Outcome[] => {
    const outcomes: Outcome[] = [];
    layers.outcomeOf(device, io).subscribe((outcome) => void outcomes.push(outcome));
    return outcomes;
  };
  const whole = [{ offset: 0, length: PAGE_SIZE }];

  it('makes observables that send nothing down before somebody subscribes, and again for each who does', () => {
    const bottom = new HeldBottom();
    const reading = layers.pass(read(), layers.bottomOf(bottom));
    expect(bottom.operations).to.equal(0);
    const bytes: number[] = [];
    for (let i = 0; i < 2; i++) reading.subscribe((count) => void bytes.push(count));
    bottom.answer();
    expect([bottom.operations, bytes]).to.deep.equal([2, [PAGE_SIZE, PAGE_SIZE]]);
  });

  for (const [when, at] of [
    ['inline', 'the turn'],
    ['microtask', 'a microtask'],
    ['task', 'a task'],
  ] as const) {
    it(`tells who defers to ${when} in ${at} (N6)`, async () => {
      const bottom = new HeldBottom();
      const outcomes = outcomesOf((io) => layers.deferring(when)(io, layers.bottomOf(bottom)), read());
      const seen: string[] = [];
      const look = (turn: string): void => {
        if (outcomes.length > 0 && seen.length === 0) seen.push(turn);
      };
      bottom.answer();
      look('the turn');
      await new Promise<void>((resolve) => {
        queueMicrotask(() => {
          queueMicrotask(resolve);
        });
      });
      look('a microtask');
      await passTurns(() => outcomes.length > 0);
      look('a task');
      expect([seen, outcomes]).to.deep.equal([[at], [{ failure: null, succeeded: whole }]]);
    });
  }

  describe('with a mirror', () => {
    const members = [new HeldBottom(), new HeldBottom()] as const;
    const mirror = layers.mirror(members.map(layers.bottomOf), pool);

    it('lets the first success win and waits for the others, which have memory of their own (E6, I5)', () => {
      const io = read();
      const outcomes = outcomesOf(mirror, io);
      const [failing, winning] = members.map(({ held }) => held.pop()!) as [HeldTransfer, HeldTransfer];
      winning.pages!.set(new Uint8Array(PAGE_SIZE).fill(2));
      winning.finish(PAGE_SIZE, null);
      expect(outcomes).to.deep.equal([]);
      failing.pages!.set(new Uint8Array(PAGE_SIZE).fill(1));
      failing.finish(0, new IoError('EIO'));
      expect([outcomes[0]!.failure, io.pages!.bytes(0, 1)[0]]).to.deep.equal([null, 2]);
    });

    it('fails a read that no member could do with the first error in time', () => {
      const outcomes = outcomesOf(mirror, read());
      const codes = ['ENXIO', 'EIO'] as const;
      for (const [i, { held }] of members.entries()) held.pop()!.finish(0, new IoError(codes[i]!));
      expect(outcomes.map(({ failure }) => failure!.code)).to.deep.equal(['ENXIO']);
    });
  });

  it('takes out of a queue what is aborted, and leaves what runs (N14)', () => {
    const bottom = new HeldBottom();
    const queue = layers.queue({ kind: 'queue', depth: 1, over: { kind: 'device', bottom } });
    const [runs, waits] = [read(), read()];
    const [running, waiting] = [runs, waits].map((io) =>
      outcomesOf((each) => queue(each, layers.bottomOf(bottom)), io),
    );
    for (const io of [runs, waits]) io.abort.abort();
    expect([running, waiting!.map(({ failure }) => failure)]).to.deep.equal([[], [PULLED]]);
    bottom.answer();
    expect([running!.length, bottom.operations]).to.deep.equal([1, 1]);
  });
});

type HeldTransfer = HeldBottom['held'][number];
