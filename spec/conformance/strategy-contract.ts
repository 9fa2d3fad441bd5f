import { expect } from 'chai';
import sinon from 'sinon';
import { hooks } from '../../lib/event/hooks.js';
import { counters, type Counters } from '../../lib/io/counters.js';
import type { BlockDevice } from '../../lib/io/device.js';
import { IoError } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool, PAGE_SIZE } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Crypt } from '../../lib/layers/crypt.js';
import { Linear } from '../../lib/layers/linear.js';
import { Pass } from '../../lib/layers/pass.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { FaultyDevice, type FaultyOptions } from './faulty-device.js';
import { fragment, layoutOf, Program, type Tally } from './program.js';
import { runPrograms } from './random.js';
import { key, type Stack } from './stacks.js';
import type { Design } from './strategies.js';
import { Tracer } from './tracer.js';

const MANY = 100_000;
const BLOCK = 512;

/** Random programs against a stack under a design. Adds to `tally` what came up in them. */
export function stackContract({ strategy }: Design, stack: Stack, count: number, tally: Tally): void {
  it(`carries ${stack.name} through ${String(count)} random programs (I1, I4, I5, N4, N5, N13, N14)`, async () => {
    const pool = new PagePool({ maxBytes: 256 * PAGE_SIZE });
    fragment(pool, 256);
    const layout = layoutOf(stack, strategy, pool);
    await runPrograms(count, (random) => {
      new Program(stack, strategy, layout, random, pool, tally).run();
    });
  });
}

/** What a request has come to, to be compared with a literal. */
export function outcomeOf(request: IoRequest): unknown[] {
  const { state, error } = request;
  if (state === 'done') return [state, request.value];
  if (!(error instanceof IoError)) return [state, error];
  return [state, error.code, error.bytes, error.succeeded.map(({ offset, length }) => [offset, length])];
}

/** What `body` adds to the counters. */
export function counted(body: () => void): Counters {
  const before = { ...counters };
  body();
  return {
    headers: counters.headers - before.headers,
    links: counters.links - before.links,
    callbacks: counters.callbacks - before.callbacks,
    visited: counters.visited - before.visited,
  };
}

/** The rules that bind every design, one by one. */
export function strategyContract(design: Design): void {
  const { strategy } = design;
  const disk = (options: FaultyOptions = {}): FaultyDevice => new FaultyDevice({ strategy, ...options });
  const pool = new PagePool();
  const pages = pool.allocate(1 << 16);
  const queueOf = (lower: BlockDevice, depth = 1): RequestQueue => new RequestQueue(lower, { depth });
  const read = (device: BlockDevice, length: number, position = 0): IoRequest =>
    device.read(pages.range(0, length), { position });

  afterEach(() => {
    expect([...WaitingList.all], 'lists in which something waits').to.deep.equal([]);
    expect(pages.pinned, 'pages are in use').to.equal(false);
  });

  describe('the edge', () => {
    for (const inline of [true, false]) {
      it(`yields the bytes transferred, once, when the device answers ${inline ? 'inline' : 'late'} (I1)`, () => {
        const bottom = disk({ inline });
        const request = read(new Pass(bottom), 1024);
        let told = 0;
        request.notify(() => told++);
        if (!inline) expect(told).to.equal(0);
        bottom.answerAll();
        expect([told, request.value]).to.deep.equal([1, 1024]);
      });
    }

    it('fails with the errno, the bytes done, the ranges that succeeded and the device named (I1)', () => {
      const bottom = disk();
      const request = read(new Pass(bottom, { name: 'top' }), 2048, 512);
      bottom.only.fail('ENOSPC', [{ offset: 512, length: 1024 }]);
      expect(outcomeOf(request)).to.deep.equal(['failed', 'ENOSPC', 1024, [[0, 512], [1536, 512]]]); // prettier-ignore
      expect((request.error as Error).message).to.equal(
        'ENOSPC: read of 2048 bytes at 512 on top: No space is left on the device',
      );
    });

    it('answers zero bytes above the layers: nothing is submitted', () => {
      const bottom = disk();
      expect(outcomeOf(read(new Pass(bottom), 0))).to.deep.equal(['done', 0]);
      expect(bottom.log).to.deep.equal([]);
    });

    it('is the same completion for what has passed no layer: one header, no link (N10)', () => {
      const bottom = disk({ inline: true });
      expect(counted(() => void read(bottom, 512))).to.deep.equal({ headers: 1, links: 0, callbacks: 0, visited: 0 });
    });
  });

  describe('depth and width', () => {
    it('carries a request through 100,000 layers, inline and late, and cancels one that waits below them (I2, I5)', () => {
      const bottom = disk({ inline: true });
      const queue = queueOf(bottom);
      let top: BlockDevice = queue;
      for (let i = 1; i < MANY; i++) top = new Pass(top);
      const counts = counted(() => {
        expect(read(top, 512).value).to.equal(512);
      });
      expect(counts).to.deep.equal({
        headers: 1 + MANY * design.headersPerPass,
        links: MANY * (design.linksPerPass + design.linksPerLayerBelow),
        callbacks: MANY,
        visited: 0,
      });
      bottom.inline = false;
      const late = read(top, 512);
      const waiting = read(top, 512);
      expect(waiting.cancel()).to.equal('cancelled');
      expect(outcomeOf(waiting)).to.deep.equal(['cancelled', 'ECANCELED', 0, []]);
      bottom.only.fail();
      expect(outcomeOf(late)).to.deep.equal(['failed', 'EIO', 0, []]);
    });

    it('joins 100,000 pieces, inline and late (I2)', () => {
      const size = MANY * BLOCK;
      const bottom = disk({ size, inline: true });
      const top = new Stripe([bottom, disk({ size, inline: true })], { chunk: BLOCK });
      const counts = counted(() => {
        expect(top.writeZeroes(size, { position: 0 }).value).to.equal(size);
      });
      expect(counts).to.deep.equal({
        headers: 1 + MANY,
        links: design.linksPerSplit + MANY * design.linksPerPiece + design.linksPerLayerBelow,
        callbacks: 1,
        visited: 0,
      });
      bottom.inline = false;
      const late = top.writeZeroes(size, { position: 0 });
      expect(bottom.pending.length).to.equal(MANY / 2);
      while (bottom.pending.length > 0) (bottom.pending.at(-1) as (typeof bottom.pending)[0]).answer();
      expect(late.value).to.equal(size);
    });

    it('maps 100,000 segments (I2)', () => {
      const bottom = disk({ size: MANY * BLOCK, inline: true });
      const top = new Linear(
        Array.from({ length: MANY }, (_, i) => ({ device: bottom, start: i * BLOCK, length: BLOCK })),
      );
      expect(top.discard(top.size, { position: 0 }).value).to.equal(MANY * BLOCK);
    });

    it('cancels 100,000 pieces that wait (I2, I5)', () => {
      const size = MANY * BLOCK;
      const bottom = disk({ size });
      const queue = queueOf(bottom);
      const top = new Stripe([queue], { chunk: BLOCK });
      const request = top.discard(size, { position: 0 });
      expect(queue.queued).to.equal(MANY - 1);
      expect(request.cancel()).to.equal('requested');
      expect([queue.queued, request.state]).to.deep.equal([0, 'pending']);
      bottom.answerAll();
      expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', BLOCK, [[0, BLOCK]]]);
    });

    it('drains 100,000 requests that wait in a queue of depth 1 over a device that answers inline (I2)', () => {
      const bottom = disk();
      const queue = queueOf(bottom);
      let done = 0;
      for (let i = 0; i <= MANY; i++) read(queue, 512).notify(() => done++);
      expect([queue.queued, queue.inFlight]).to.deep.equal([MANY, 1]);
      bottom.inline = true;
      bottom.only.answer();
      expect([done, queue.queued, queue.inFlight]).to.deep.equal([MANY + 1, 0, 0]);
    });

    it('lets callbacks submit 100,000 requests one after the other (I2)', () => {
      const bottom = disk();
      const top = new Pass(bottom);
      let left = MANY;
      const next = (): void => {
        if (left-- > 0) read(top, 512).notify(next);
      };
      next();
      bottom.inline = true;
      bottom.only.answer();
      expect([left, top.started, top.ended]).to.deep.equal([-1, MANY, MANY]);
    });
  });

  describe('layers', () => {
    it('see a request newest first, with position and frame restored, before any waiter (N2, N3, N4, N5)', () => {
      const trace: string[] = [];
      const bottom = disk();
      const top = new Tracer('a', new Tracer('b', new Tracer('c', bottom, trace, 512), trace, 1024), trace, 2048);
      const request = read(top, 512, 4096);
      request.notify(() => trace.push('first waiter'));
      request.notify(() => trace.push('second waiter'));
      expect(bottom.only.position).to.equal(4096 + 2048 + 1024 + 512);
      bottom.only.answer();
      expect(trace).to.deep.equal([
        'a down 4096',
        'b down 6144',
        'c down 7168',
        'c up 7168',
        'b up 6144',
        'a up 4096',
        'first waiter',
        'second waiter',
      ]);
    });

    it('pass the same pages down, also in pieces; only a substitute has its own (N1)', () => {
      const bottom = disk();
      const top = new Pass(new Stripe([new Pass(bottom)], { chunk: 1024 }));
      read(top, 2048);
      expect(bottom.pending.map((op) => op.pages === pages)).to.deep.equal([true, true]);
      bottom.answerAll();
      const crypt = new Crypt(bottom, { key, pool });
      const write = crypt.write(pages.range(0, 4096), { position: 0 });
      expect(bottom.only.pages === pages).to.equal(false);
      bottom.answerAll();
      expect(write.value).to.equal(4096);
    });

    it('may hold a request back and let it go later; nobody above is told before (N4, N6)', () => {
      const trace: string[] = [];
      const bottom = disk({ inline: true });
      const holder = new Tracer('holder', bottom, trace);
      let resume = (): void => undefined;
      holder.onDone = (io) => {
        resume = io.suspend();
      };
      const request = read(new Tracer('above', holder, trace), 512);
      request.notify(() => trace.push('waiter'));
      expect(trace).to.deep.equal(['above down 0', 'holder down 0', 'holder up 0']);
      resume();
      resume();
      expect(trace.slice(3)).to.deep.equal(['above up 0', 'waiter']);
    });

    it('let go only of their own hold, and once (C3)', () => {
      const lower = new Tracer('lower', disk({ inline: true }));
      const upper = new Tracer('upper', lower);
      const resumes: (() => void)[] = [];
      for (const layer of [lower, upper]) {
        layer.onDone = (io) => {
          resumes.push(io.suspend());
        };
      }
      const request = read(upper, 512);
      resumes[0]?.();
      expect(resumes.length).to.equal(2);
      resumes[0]?.();
      expect(request.state).to.equal('pending');
      resumes[1]?.();
      expect(request.value).to.equal(512);
    });

    it('may let go of what they hold before they return', () => {
      const holder = new Tracer('holder', disk({ inline: true }));
      holder.onDone = (io) => {
        io.suspend()();
      };
      expect(read(holder, 512).value).to.equal(512);
    });

    it('may replace an error by success and success by an error (I4)', () => {
      const bottom = disk();
      const layer = new Tracer('layer', bottom);
      layer.onDone = (io) => {
        io.failure = io.failure === null ? new IoError('EIO') : null;
        io.bytes = io.failure === null ? io.length : 0;
      };
      const [good, bad] = [read(layer, 512), read(layer, 512)];
      bottom.pending[0]?.answer();
      bottom.pending[0]?.fail();
      expect([outcomeOf(good), outcomeOf(bad)]).to.deep.equal([['failed', 'EIO', 0, []], ['done', 512]]); // prettier-ignore
    });

    for (const throws of ['on the way down', 'on the way up', 'on the way up, holding']) {
      it(`fail the request with EIO when they throw ${throws} (I1)`, () => {
        const layer = new Tracer('layer', disk({ inline: true }));
        const thrown = new Error('broken');
        layer[throws === 'on the way down' ? 'onSubmit' : 'onDone'] = (io) => {
          if (throws.endsWith('holding')) io.suspend();
          throw thrown;
        };
        const request = read(new Pass(layer), 512);
        expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 0, []]);
        expect((request.error as Error).cause).to.equal(thrown);
      });
    }

    it('that throw on the way down lose nothing that waits to be submitted (I2)', () => {
      const broken = new Tracer('broken', disk({ inline: true }));
      broken.onSubmit = () => {
        throw new Error('broken');
      };
      const stripe = new Stripe([broken, disk({ inline: true })], { chunk: 512 });
      expect(outcomeOf(read(stripe, 1024))).to.deep.equal(['failed', 'EIO', 512, [[512, 512]]]);
    });

    it('that throw with I/O under way are reported to the host', () => {
      const bottom = disk();
      const broken = new Tracer('broken', bottom);
      broken.submit = (io) => {
        io.pass(broken, bottom, io.position, 'broken');
        throw new Error('too late');
      };
      const uncaught = sinon.stub(hooks, 'uncaught');
      try {
        const request = read(broken, 512);
        bottom.answerAll();
        expect([request.value, uncaught.callCount]).to.deep.equal([512, 1]);
      } finally {
        uncaught.restore();
      }
    });
  });

  describe('counts', () => {
    // The layers told, those of them that pass, the pieces, and the layers below each header where it was made.
    type Case = [
      name: string,
      device: () => BlockDevice,
      layers: number,
      passes: number,
      pieces: number,
      below: number,
    ];
    const cases: Case[] = [
      ['three passing layers', () => new Pass(new Pass(new Pass(disk({ inline: true })))), 3, 3, 0, 3],
      [
        'a split in two',
        () => new Stripe([disk({ inline: true }), disk({ inline: true })], { chunk: 2048 }),
        1,
        0,
        2,
        1,
      ],
      ['a split that one chunk satisfies', () => new Stripe([disk({ inline: true })], { chunk: 4096 }), 1, 1, 0, 1],
      [
        'a queue over a split in two over queues',
        () => queueOf(new Stripe([queueOf(disk({ inline: true })), queueOf(disk({ inline: true }))], { chunk: 2048 })),
        4,
        3,
        2,
        3 + 1 + 1,
      ],
      ['a layer with its own pages', () => new Crypt(new Pass(disk({ inline: true })), { key, pool }), 2, 2, 0, 2],
    ];
    for (const [name, device, layers, passes, pieces, below] of cases) {
      it(`one header, one for each clone, and the links, for ${name}`, () => {
        const top = device();
        const counts = counted(() => {
          expect(top.write(pages.range(0, 4096), { position: 0 }).value).to.equal(4096);
        });
        expect(counts).to.deep.equal({
          headers: 1 + passes * design.headersPerPass + pieces,
          links:
            passes * design.linksPerPass +
            (layers - passes) * design.linksPerSplit +
            pieces * design.linksPerPiece +
            below * design.linksPerLayerBelow,
          callbacks: layers,
          visited: 0,
        });
      });
    }
  });

  describe('pieces', () => {
    const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]; // prettier-ignore
    const results = [null, 'EIO', 'ENOSPC'] as const;

    it('end in any order with any mix of errors: the sum, the first errno in time, the ranges (I4, N13)', () => {
      for (const order of orders) {
        for (let mix = 0; mix < 27; mix++) {
          const codes = [0, 1, 2].map((i) => results[Math.floor(mix / 3 ** i) % 3] ?? null);
          const disks = [disk(), disk(), disk()];
          const request = read(new Stripe(disks, { chunk: 512 }), 1536);
          for (const index of order) {
            const code = codes[index] ?? null;
            if (code === null) disks[index]?.only.answer();
            else disks[index]?.only.fail(code);
          }
          const first = order.map((index) => codes[index] ?? null).find((code) => code !== null);
          expect(outcomeOf(request)).to.deep.equal(
            first === undefined ? ['done', 1536] : ['failed', first, ...told(codes.map((code) => code === null))],
          );
        }
      }
    });

    it('that succeed behind one that fails are told of: success is no prefix (N13)', () => {
      const disks = [disk(), disk()];
      const request = read(new Stripe(disks, { chunk: 512 }), 1024);
      disks[0]?.only.fail();
      disks[1]?.only.answer();
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 512, [[512, 512]]]);
    });

    it('that are transferred in part count with that part, with an error and without (I4)', () => {
      const disks = [disk(), disk()];
      const stripe = new Stripe(disks, { chunk: 512 });
      const short = read(stripe, 1024);
      disks[0]?.only.answer({ missing: [{ offset: 100, length: 412 }] });
      disks[1]?.only.answer();
      expect(outcomeOf(short)).to.deep.equal(['done', 612]);
      const failed = read(stripe, 1024);
      disks[0]?.only.answer({ missing: [{ offset: 100, length: 412 }] });
      disks[1]?.only.fail('EIO', [{ offset: 0, length: 12 }]);
      expect(outcomeOf(failed)).to.deep.equal(['failed', 'EIO', 600, [[0, 100], [524, 500]]]); // prettier-ignore
    });

    it('of pieces keep their ranges through every level (I4, N13)', () => {
      const disks = [disk(), disk(), disk()] as const;
      const inner = new Stripe([disks[0], disks[1]], { chunk: 512 });
      const top = new Pass(new Linear([disks[2], inner]));
      const request = read(top, 3072, disks[2].size - 1024);
      disks[0].pending[1]?.fail();
      disks[1].pending[0]?.answer();
      disks[1].pending[0]?.answer();
      disks[0].pending[0]?.answer();
      disks[2].only.answer();
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 2560, [[0, 2048], [2560, 512]]]); // prettier-ignore
    });

    it('that are pulled neither mask an earlier errno nor are masked by a later one (I4)', () => {
      for (const failsFirst of [true, false]) {
        const disks = [disk(), disk()];
        const queue = queueOf(disks[1] as FaultyDevice);
        const blocker = read(queue, 512);
        const request = read(new Stripe([disks[0] as FaultyDevice, queue], { chunk: 512 }), 1024);
        if (failsFirst) disks[0]?.only.fail();
        request.cancel();
        if (!failsFirst) disks[0]?.only.fail();
        expect(outcomeOf(request)).to.deep.equal(
          failsFirst ? ['failed', 'EIO', 0, []] : ['cancelled', 'ECANCELED', 0, []],
        );
        disks[1]?.answerAll();
        expect(blocker.value).to.equal(512);
      }
    });
  });

  describe('cancelling', () => {
    it('before the submit is remembered: nothing is sent, the answer is ECANCELED (I5)', () => {
      const bottom = disk();
      const reason = new Error('enough');
      const request = bottom.read(pages, { position: 0, signal: AbortSignal.abort(reason) });
      expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', 0, []]);
      expect([(request.error as Error).cause, bottom.log.length, bottom.started]).to.deep.equal([reason, 0, 0]);
    });

    it('takes what waits out of its queue at once; the device never sees it (I5, N14)', () => {
      const bottom = disk();
      const queue = queueOf(bottom);
      const [running, waiting, behind] = [read(queue, 512), read(queue, 512, 512), read(queue, 512, 1024)];
      expect([waiting?.cancel('enough'), queue.queued]).to.deep.equal(['cancelled', 1]);
      expect(outcomeOf(waiting)).to.deep.equal(['cancelled', 'ECANCELED', 0, []]);
      expect((waiting?.error as Error).cause).to.equal('enough');
      bottom.answerAll();
      expect([running?.value, behind?.value, bottom.log]).to.deep.equal([512, 512, ['read 0+512', 'read 1024+512']]);
    });

    it('leaves what runs to finish: the pages are in use until then, and the result wins (I5, N14)', () => {
      const bottom = disk();
      const request = read(new Pass(bottom), 512);
      expect([request.cancel(), request.state, pages.pinned]).to.deep.equal(['requested', 'pending', true]);
      bottom.only.answer();
      expect([outcomeOf(request), pages.pinned]).to.deep.equal([['done', 512], false]);
    });

    it('does not hide the error of what runs (I4, I5)', () => {
      const bottom = disk();
      const request = read(new Pass(bottom), 512);
      request.cancel();
      bottom.only.fail();
      expect(outcomeOf(request)).to.deep.equal(['failed', 'EIO', 0, []]);
    });

    it('does not let go of what a layer holds (I5)', () => {
      const holder = new Tracer('holder', disk({ inline: true }));
      let resume = (): void => undefined;
      holder.onDone = (io) => {
        resume = io.suspend();
      };
      const request = read(new Pass(holder), 512);
      expect([request.cancel(), request.state, pages.pinned]).to.deep.equal(['requested', 'pending', true]);
      resume();
      expect(outcomeOf(request)).to.deep.equal(['done', 512]);
    });

    it('with half of the pieces done tells which (I5, N13, N14)', () => {
      const bottom = disk();
      const queue = queueOf(bottom);
      const request = read(new Stripe([queue, disk({ inline: true })], { chunk: 512 }), 2048);
      expect(queue.queued).to.equal(1);
      expect(request.cancel()).to.equal('requested');
      bottom.answerAll();
      expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', 1536, [[0, 1024], [1536, 512]]]); // prettier-ignore
      expect(bottom.log).to.deep.equal(['read 0+512']);
    });

    for (const others of [0, 1]) {
      it(`starts nothing of its own when it makes room in a queue where ${String(others)} others wait (I5, N14)`, () => {
        const bottom = disk();
        const below = queueOf(bottom);
        const above = queueOf(below);
        const ahead = Array.from({ length: 1 + others }, () => read(below, 512));
        const request = read(new Stripe([above], { chunk: 512 }), 1024);
        // One piece runs in the queue above and waits in the one below, the other waits above.
        expect([above.queued, below.queued]).to.deep.equal([1, 1 + others]);
        expect(request.cancel()).to.equal('cancelled');
        expect([above.queued, below.queued]).to.deep.equal([0, others]);
        bottom.answerAll();
        expect([bottom.log.length, ahead.map(({ state }) => state)]).to.deep.equal([
          1 + others,
          ahead.map(() => 'done'),
        ]);
      });
    }

    it(`on the way down ${design.knowsOfCancel ? 'sends nothing further' : 'runs out, for a header knows nothing of it'} (I5)`, () => {
      const bottom = disk();
      const top = new Tracer('top', new Pass(bottom));
      const controller = new AbortController();
      top.onSubmit = () => {
        controller.abort('stop');
      };
      const request = top.read(pages.range(0, 512), { position: 0, signal: controller.signal });
      expect([request.state, bottom.log.length]).to.deep.equal(
        design.knowsOfCancel ? ['cancelled', 0] : ['pending', 1],
      );
      bottom.answerAll();
      expect(request.state).to.equal(design.knowsOfCancel ? 'cancelled' : 'done');
    });

    it('after the end is too late, and changes nothing (I5)', () => {
      const request = read(disk({ inline: true }), 512);
      expect([request.cancel(), request.value]).to.deep.equal(['too-late', 512]);
    });

    it('twice asks once (I5)', () => {
      const bottom = disk();
      const queue = queueOf(bottom);
      const stripe = new Stripe([queue], { chunk: 512 });
      const request = read(stripe, 1024);
      request.cancel('first');
      expect(counted(() => expect(request.cancel('second')).to.equal('requested')).visited).to.equal(0);
      bottom.answerAll();
      expect((request.error as Error).cause).to.equal('first');
    });

    it('from inside a callback reaches what waits, also one’s own neighbour in the queue (I5)', () => {
      const bottom = disk();
      const queue = queueOf(bottom);
      const [first, second, third] = [0, 1, 2].map((i) => read(queue, 512, i * 512)) as [
        IoRequest,
        IoRequest,
        IoRequest,
      ];
      first.notify(() => void third.cancel());
      third.notify(() => void read(queue, 512, 3 * 512));
      bottom.answerAll();
      expect([first, second, third].map((request) => request.state)).to.deep.equal(['done', 'done', 'cancelled']);
      expect(bottom.log).to.deep.equal(['read 0+512', 'read 512+512', 'read 1536+512']);
    });

    it('through a signal reaches as far, and leaves no listener (I5)', () => {
      const bottom = disk();
      const queue = queueOf(bottom);
      const controller = new AbortController();
      read(queue, 512);
      const request = queue.read(pages, { position: 0, signal: controller.signal });
      controller.abort('stop');
      expect([request.state, (request.error as Error).cause]).to.deep.equal(['cancelled', 'stop']);
      bottom.answerAll();
    });

    it('looks at what its design says that it looks at (I5, Q3)', () => {
      const bottom = disk();
      const queues = [queueOf(bottom), queueOf(bottom), queueOf(bottom)] as const;
      const stripe = new Stripe([queues[0], queues[1]], { chunk: 512 });
      for (const queue of queues) for (let i = 0; i < 4; i++) read(queue, 512);
      const request = read(stripe, 2048);
      expect(queues.map((queue) => queue.queued)).to.deep.equal([5, 5, 3]);
      const { visited } = counted(() => {
        request.cancel();
      });
      expect(visited).to.equal(design.visited(4, 13));
      expect(request.state).to.equal('cancelled');
      bottom.answerAll();
    });
  });

  describe('flush and fua', () => {
    it('make safe what was acknowledged before, on every member, and nothing is safe earlier (I7)', () => {
      const disks = [disk(), disk()];
      const top = queueOf(
        new Pass(
          new Stripe(
            disks.map((each) => queueOf(each)),
            { chunk: 512 },
          ),
        ),
        4,
      );
      pages.set(new Uint8Array(1024).fill(7));
      const write = top.write(pages.range(0, 1024), { position: 0 });
      for (const each of disks) each.only.answer();
      expect([write.value, disks.map(({ stable }) => stable[0])]).to.deep.equal([1024, [0, 0]]);
      const flush = top.flush();
      disks[0]?.only.answer();
      expect(flush.state).to.equal('pending');
      disks[1]?.only.answer();
      expect([flush.value, disks.map(({ stable }) => stable[0])]).to.deep.equal([0, [7, 7]]);
      expect(disks.map(({ log }) => log)).to.deep.equal([['write 0+512', 'flush 0+0'], ['write 0+512', 'flush 0+0']]); // prettier-ignore
    });

    it('fail when one member fails to flush (I7)', () => {
      const disks = [disk(), disk()];
      const flush = new Linear(disks).flush();
      disks[0]?.only.fail();
      disks[1]?.only.answer();
      expect(outcomeOf(flush)).to.deep.equal(['failed', 'EIO', 0, []]);
    });

    it('of one write reaches every piece of it, also through other pages, and no other write (I7)', () => {
      const disks = [disk(), disk()];
      const top = new Crypt(new Pass(new Stripe(disks, { chunk: 512 })), { key, pool });
      top.write(pages.range(0, 4096), { position: 0, fua: true });
      expect(disks.map(({ pending }) => pending.map(({ fua }) => fua))).to.deep.equal([[true, true, true, true], [true, true, true, true]]); // prettier-ignore
      for (const each of disks) each.answerAll();
      expect(disks.map(({ contents, stable }) => contents.every((byte, i) => byte === stable[i]))).to.deep.equal([true, true]); // prettier-ignore
      top.write(pages.range(0, 4096), { position: 0 });
      expect(disks[0]?.pending[0]?.fua).to.equal(false);
      for (const each of disks) each.answerAll();
    });
  });

  it('lets each block of overlapping writes end as one of them, in whatever order they end (I8)', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      // prettier-ignore
      const disks = [disk(), disk()];
      const top = new Stripe(disks, { chunk: 512 });
      const written = [1, 2].map((value) => {
        const own = pool.allocate(4096);
        own.set(new Uint8Array(4096).fill(value));
        return { own, request: top.write(own.range(0, 2048), { position: value === 1 ? 0 : 1024 }) };
      });
      // One disk answers in the order in which it was asked, the other turns it round.
      for (const each of disks) {
        while (each.pending.length > 0) each.pending[(order[disks.indexOf(each)] ?? 0) % each.pending.length]?.answer();
      }
      expect(written.map(({ request }) => request.value)).to.deep.equal([2048, 2048]);
      for (const each of disks) {
        const blocks = [0, 1, 2].map((i) => [...new Set(each.contents.subarray(i * 512, i * 512 + 512))]);
        expect(blocks.map((values) => values.length)).to.deep.equal([1, 1, 1]);
        expect([blocks[0], blocks[2]]).to.deep.equal([[1], [2]]);
      }
      for (const { own } of written) own.free();
    }
  });

  describe('a timeout', () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => (clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })));
    afterEach(() => {
      expect(clock.countTimers(), 'timers').to.equal(0);
      clock.restore();
    });

    const small = (): PagePool => new PagePool({ maxBytes: 2 * PAGE_SIZE });

    it('fails the request, fences the device and keeps the pages back until the I/O has come back (I9)', () => {
      const bottom = disk();
      const top = new Pass(bottom, { name: 'top' });
      const own = small();
      const vector = own.allocate(PAGE_SIZE);
      const request = top.read(vector, { position: 0, timeoutMs: 50 });
      clock.tick(49);
      expect(request.state).to.equal('pending');
      clock.tick(1);
      expect(outcomeOf(request)).to.deep.equal(['failed', 'ETIMEDOUT', 0, []]);
      const refused = read(top, 512);
      expect(outcomeOf(refused)).to.deep.equal(['failed', 'ENXIO', 0, []]);
      expect((refused.error as Error).message).to.equal('ENXIO: top is fenced: a timed-out request has not come back');

      vector.free();
      const other = own.allocate(PAGE_SIZE);
      expect(() => own.allocate(PAGE_SIZE)).to.throw(IoError, 'ENOMEM');
      other.set(new Uint8Array(PAGE_SIZE).fill(9));
      bottom.contents.fill(1);
      bottom.only.answer();
      expect(other.bytes().every((byte) => byte === 9)).to.equal(true);
      expect([own.pagesInUse, top.started === top.ended]).to.deep.equal([1, true]);
      own.allocate(PAGE_SIZE);
      bottom.inline = true;
      expect(read(top, 512).value).to.equal(512);
    });

    it('pulls what waits; nothing is fenced when that was all (I9, N14)', () => {
      const bottom = disk();
      const queue = queueOf(bottom);
      read(queue, 512);
      const request = queue.read(pages.range(0, 512), { position: 0, timeoutMs: 10 });
      clock.tick(10);
      expect(outcomeOf(request)).to.deep.equal(['failed', 'ETIMEDOUT', 0, []]);
      expect(queue.queued).to.equal(0);
      expect(read(queue, 512).state).to.equal('pending');
      bottom.answerAll();
    });

    it('tells its waiters when the device is fenced already, and bears that they let the I/O come back (I9)', () => {
      const bottom = disk();
      const request = bottom.read(pages.range(0, 512), { position: 0, timeoutMs: 10 });
      const seen: unknown[] = [];
      request.notify(() => {
        seen.push(outcomeOf(read(bottom, 512))[1]);
        bottom.only.answer();
      });
      clock.tick(10);
      expect([seen, bottom.lost]).to.deep.equal([['ENXIO'], 0]);
      expect(read(bottom, 512).state).to.equal('pending');
      bottom.answerAll();
    });

    it('of a request that was asked to cancel fails it all the same, and asks nobody again (I5, I9)', () => {
      const bottom = disk();
      const request = bottom.read(pages.range(0, 512), { position: 0, timeoutMs: 10 });
      request.cancel();
      expect(counted(() => clock.tick(10)).visited).to.equal(0);
      expect(outcomeOf(request)).to.deep.equal(['failed', 'ETIMEDOUT', 0, []]);
      expect(request.cancel()).to.equal('too-late');
      bottom.answerAll();
      expect(bottom.lost).to.equal(0);
    });

    it('fences until the last of several has come back (I9)', () => {
      const bottom = disk();
      for (const timeoutMs of [10, 20]) bottom.read(pages.range(0, 512), { position: 0, timeoutMs });
      clock.tick(20);
      bottom.pending[1]?.answer();
      expect(outcomeOf(read(bottom, 512))[1]).to.equal('ENXIO');
      bottom.pending[0]?.answer();
      expect(read(bottom, 512).state).to.equal('pending');
      bottom.answerAll();
    });

    it('leaves no timer behind that ended in time, failed, was cancelled or never began (I9)', () => {
      const bottom = disk();
      const queue = queueOf(bottom);
      const timed = (signal?: AbortSignal): IoRequest =>
        queue.read(pages.range(0, 512), { position: 0, timeoutMs: 10, ...(signal === undefined ? {} : { signal }) });
      timed();
      timed().cancel();
      timed(AbortSignal.abort());
      queue.read(pages.range(0, 0), { position: 0, timeoutMs: 10 });
      timed();
      bottom.only.answer();
      bottom.only.fail();
      expect(clock.countTimers()).to.equal(0);
    });

    it('keeps a drain and a close waiting until the I/O has come back (I9)', async () => {
      const bottom = disk();
      const request = bottom.read(pages.range(0, 512), { position: 0, timeoutMs: 10 });
      request.notify(() => undefined);
      const ended: string[] = [];
      const drain = bottom.drain().then(() => ended.push('drained'));
      const close = bottom.close().then(() => ended.push('closed'));
      clock.tick(10);
      await new Promise(setImmediate);
      expect([request.state, ended]).to.deep.equal(['failed', []]);
      bottom.only.answer();
      await Promise.all([drain, close]);
      expect(ended).to.deep.equal(['drained', 'closed']);
    });
  });
}

/** The sum and the ranges of blocks that succeeded, neighbours joined. */
function told(good: readonly boolean[]): [number, [number, number][]] {
  const ranges: [number, number][] = [];
  for (const [i, each] of good.entries()) {
    const last = ranges.at(-1);
    if (each && last !== undefined && last[0] + last[1] === i * BLOCK) last[1] += BLOCK;
    else if (each) ranges.push([i * BLOCK, BLOCK]);
  }
  return [good.filter(Boolean).length * BLOCK, ranges];
}
