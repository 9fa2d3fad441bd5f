import { expect } from 'chai';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Io, Split } from '../../lib/io/io.js';
import { IoError } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { Layer } from '../../lib/io/layer.js';
import { PagePool, type PageVector } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { WaitingList } from '../../lib/io/waiting-list.js';
import { Pass } from '../../lib/layers/pass.js';
import { FaultyDevice, type FaultyOptions } from './faulty-device.js';
import type { Design } from './strategies.js';
import { outcomeOf } from './strategy-contract.js';

/** A mirror at its simplest: everything to all, success when one succeeds. */
class Fan extends Layer<{ first: IoError | null; bytes: number }> {
  readonly trace: string[] = [];
  onChild: ((split: Split, part: Io) => void) | null = null;
  private split: Split | null = null;

  constructor(members: [BlockDevice, ...BlockDevice[]]) {
    super('fan', members, members[0].geometry, {});
  }

  submit(io: Io): void {
    this.split = io.split(this, { first: null, bytes: 0 });
    for (const [index, member] of this.lowers.entries()) this.split.fanOut(member, io.position, index);
    this.split.seal();
  }

  override child(_io: Io, frame: { first: IoError | null; bytes: number }, part: Io, tag: unknown): void {
    this.trace.push(`${String(tag)}: ${part.failure?.code ?? String(part.bytes)}`);
    frame.first ??= part.failure;
    frame.bytes = Math.max(frame.bytes, part.bytes);
    this.onChild?.(this.split as Split, part);
  }

  done(io: Io, frame: { first: IoError | null; bytes: number }): void {
    this.trace.push('done');
    io.bytes = frame.bytes;
    io.failure ??= frame.bytes > 0 ? null : frame.first;
  }
}

/** Does in `submit` and `done` what its test says. */
class Script extends Layer<number> {
  attempts = 0;
  start: (io: Io, attempt: number) => void;
  whenDone: (io: Io, frame: number) => void;

  constructor(lower: BlockDevice, start: (io: Io, attempt: number) => void, whenDone: (io: Io, frame: number) => void) {
    super('script', [lower], lower.geometry, {});
    this.start = start;
    this.whenDone = whenDone;
  }

  submit(io: Io): void {
    this.start(io, 0);
  }

  done(io: Io, frame: number): void {
    this.attempts++;
    this.whenDone(io, frame);
  }
}

/** What layers that fan out, do I/O of their own, or try again can rely on under every design. */
export function verbsContract({ strategy }: Design): void {
  const disk = (options: FaultyOptions = {}): FaultyDevice => new FaultyDevice({ strategy, ...options });
  const pool = new PagePool();
  const pages = pool.allocate(1 << 16);
  const read = (device: BlockDevice, length = 512, position = 0): IoRequest =>
    device.read(pages.range(0, length), { position });

  afterEach(() => {
    expect([...WaitingList.all], 'lists in which something waits').to.deep.equal([]);
    expect(pages.pinned, 'pages are in use').to.equal(false);
  });

  describe('fanOut', () => {
    it('sends everything to all, tells the layer of each part as it arrives, and joins (N7)', () => {
      const disks = [disk(), disk(), disk()] as const;
      const fan = new Fan([...disks]);
      const request = read(fan, 1024, 512);
      expect(disks.map(({ only }) => [only.pages === pages, only.position, only.length])).to.deep.equal(
        disks.map(() => [true, 512, 1024]),
      );
      disks[2].only.answer();
      disks[0].only.fail();
      expect([fan.trace, request.state]).to.deep.equal([['2: 1024', '0: EIO'], 'pending']);
      disks[1].only.answer({ missing: [{ offset: 1000, length: 24 }] });
      expect(fan.trace).to.deep.equal(['2: 1024', '0: EIO', '1: 1000', 'done']);
      expect(outcomeOf(request)).to.deep.equal(['done', 1024]);
    });

    it('tells the layer that has fanned out, also below others (N2, N7)', () => {
      const disks = [disk(), disk()] as const;
      const fan = new Fan([...disks]);
      const request = read(new Pass(new Pass(fan)), 1024);
      disks[1].only.answer();
      disks[0].only.fail();
      expect([fan.trace, outcomeOf(request)]).to.deep.equal([
        ['1: 1024', '0: EIO', 'done'],
        ['done', 1024],
      ]);
    });

    it('joins parts that end before it is sealed (E2)', () => {
      const fan = new Fan([disk({ inline: true }), disk({ inline: true })]);
      expect(read(fan).value).to.equal(512);
      expect(fan.trace).to.deep.equal(['0: 512', '1: 512', 'done']);
    });

    it('fails the request with EIO when the layer throws at a part; the rest is joined (I1)', () => {
      const disks = [disk(), disk()] as const;
      const fan = new Fan([...disks]);
      fan.onChild = () => {
        throw new Error('broken');
      };
      const request = read(fan);
      disks[0].only.answer();
      expect(request.state).to.equal('pending');
      disks[1].only.answer();
      expect(outcomeOf(request).slice(0, 2)).to.deep.equal(['failed', 'EIO']);
    });

    it('lets the layer cancel the rest: what waits is pulled, what runs is joined (E6, N14)', () => {
      const disks = [disk(), disk(), disk()] as const;
      const queue = new RequestQueue(disks[2], { depth: 1 });
      const blocker = read(queue);
      const fan = new Fan([disks[0], disks[1], queue]);
      fan.onChild = (split, part) => {
        if (part.failure === null) split.cancelParts();
      };
      const request = read(fan);
      expect(queue.queued).to.equal(1);
      disks[1].only.answer();
      expect(queue.queued).to.equal(0);
      expect([fan.trace, request.state]).to.deep.equal([['1: 512', '2: ECANCELED'], 'pending']);
      disks[0].only.answer();
      expect(fan.trace).to.deep.equal(['1: 512', '2: ECANCELED', '0: 512', 'done']);
      expect(outcomeOf(request)).to.deep.equal(['done', 512]);
      disks[2].answerAll();
      expect(blocker.value).to.equal(512);
    });

    it('cancels every part with the request (I5)', () => {
      const disks = [disk(), disk()] as const;
      const queues = disks.map((each) => new RequestQueue(each, { depth: 1 })) as [RequestQueue, RequestQueue];
      for (const queue of queues) read(queue);
      const request = read(new Fan(queues));
      expect(request.cancel()).to.equal('cancelled');
      expect(outcomeOf(request).slice(0, 2)).to.deep.equal(['cancelled', 'ECANCELED']);
      for (const each of disks) each.answerAll();
    });
  });

  describe('spawn', () => {
    it('does I/O of the layer’s own, which is not added to the request’s (N7)', () => {
      const bottom = disk();
      const own = pool.allocate(4096);
      const layer = new Script(
        bottom,
        (io) => {
          const split = io.split(layer, 0);
          split.spawn(
            bottom,
            { operation: 'write', position: 4096, pages: own, offset: 512, length: 1024, fua: true },
            'own',
          );
          split.piece(bottom, io.position, 0, io.length);
          split.seal();
        },
        () => undefined,
      );
      const request = read(layer);
      const [spawned, piece] = bottom.pending;
      expect([
        spawned?.operation,
        spawned?.position,
        spawned?.length,
        spawned?.fua,
        spawned?.pages === own,
      ]).to.deep.equal(['write', 4096, 1024, true, true]);
      expect([piece?.operation, piece?.position, piece?.length]).to.deep.equal(['read', 0, 512]);
      spawned?.fail();
      expect(request.state).to.equal('pending');
      piece?.answer();
      expect(outcomeOf(request)).to.deep.equal(['done', 512]);
      own.free();
    });
  });

  describe('split', () => {
    it('tells its layer once, also when that holds what it has carved up (N6)', () => {
      const bottom = disk();
      let resume = (): void => undefined;
      const layer = new Script(
        bottom,
        (io) => {
          const split = io.split(layer, 7);
          for (const at of [0, 512]) split.piece(bottom, io.position + at, at, 512);
          split.seal();
        },
        (io) => {
          resume = io.suspend();
        },
      );
      const request = read(layer, 1024);
      bottom.answerAll();
      expect([layer.attempts, request.state]).to.deep.equal([1, 'pending']);
      resume();
      expect([layer.attempts, request.value]).to.deep.equal([1, 1024]);
    });

    it('tells its layer when it is sealed without a part', () => {
      const layer = new Script(
        disk(),
        (io) => {
          io.split(layer, 0).seal();
        },
        (io) => {
          io.bytes = io.length;
        },
      );
      expect([read(layer).value, layer.attempts]).to.deep.equal([512, 1]);
    });
  });

  describe('retry', () => {
    /** Tries again on failure, up to `most` attempts, and looks at the header before each. */
    const retrying = (lower: BlockDevice, most: number, seen: unknown[] = []): Script => {
      const layer: Script = new Script(
        lower,
        (io, attempt) => {
          seen.push([io.position, io.offset, io.length, io.bytes, io.failure, io.failedRanges]);
          io.pass(layer, lower, io.position + 512, attempt);
        },
        (io, attempt) => {
          if (io.failure !== null && attempt + 1 < most && io.retry()) layer.start(io, attempt + 1);
        },
      );
      return layer;
    };

    it('takes the header back to as it was; those above are told once, of the last attempt (N8)', () => {
      const bottom = disk();
      const seen: unknown[] = [];
      const above: string[] = [];
      const inner = retrying(bottom, 3, seen);
      const top: Script = new Script(
        inner,
        (io) => io.pass(top, inner, io.position, 0),
        (io) => above.push(io.failure?.code ?? 'good'),
      );
      const request = read(top, 1024, 4096);
      bottom.only.fail('EIO', [{ offset: 512, length: 100 }]);
      bottom.only.fail('ENOSPC');
      expect([request.state, above, pages.pinned]).to.deep.equal(['pending', [], true]);
      bottom.only.answer();
      expect([outcomeOf(request), above]).to.deep.equal([['done', 1024], ['good']]);
      expect(seen).to.deep.equal([0, 1, 2].map(() => [4096, 0, 1024, 0, null, null]));
      expect(bottom.log).to.deep.equal([0, 1, 2].map(() => 'read 4608+1024'));
    });

    it('lets the last error through when the attempts are used up', () => {
      const bottom = disk();
      const request = read(retrying(bottom, 2), 1024);
      bottom.only.fail('EIO', [{ offset: 512, length: 100 }]);
      bottom.only.fail('ENOSPC', [{ offset: 1000, length: 24 }]);
      expect(outcomeOf(request)).to.deep.equal(['failed', 'ENOSPC', 1000, [[0, 1000]]]);
    });

    it('is refused after a cancel, and the outcome stands (C3)', () => {
      const bottom = disk();
      const request = read(retrying(bottom, 2));
      expect(request.cancel()).to.equal('requested');
      bottom.only.fail();
      expect([outcomeOf(request), bottom.log.length]).to.deep.equal([['failed', 'EIO', 0, []], 1]);
    });

    it('is refused when a part was cancelled by the layer that made it (E6)', () => {
      const [good, bad] = [disk(), disk()];
      const fan = new Fan([good, retrying(bad, 2)]);
      fan.onChild = (split) => {
        split.cancelParts();
      };
      const request = read(fan);
      good.only.answer();
      bad.only.fail();
      expect([outcomeOf(request), bad.log.length]).to.deep.equal([['done', 512], 1]);
    });

    it('begins a next phase with another verb: read, modify, write (N8)', () => {
      const bottom = disk({ inline: true });
      bottom.contents.fill(3);
      let own: PageVector | null = null;
      const layer: Script = new Script(
        bottom,
        (io) => {
          own = pool.allocate(4096);
          const split = io.split(layer, 1);
          split.spawn(
            bottom,
            { operation: 'read', position: 0, pages: own, offset: 0, length: 4096, fua: false },
            'old',
          );
          split.seal();
        },
        (io, phase) => {
          if (phase === 1 && io.retry()) {
            own?.set(io.pages?.bytes(io.offset, io.length) ?? new Uint8Array(), io.position);
            const split = io.split(layer, 2);
            split.spawn(
              bottom,
              { operation: 'write', position: 0, pages: own, offset: 0, length: 4096, fua: io.fua },
              'new',
            );
            split.seal();
            return;
          }
          own?.free();
          io.bytes = io.length;
        },
      );
      pages.set(new Uint8Array(512).fill(9));
      expect(layer.write(pages.range(0, 512), { position: 512 }).value).to.equal(512);
      expect([bottom.contents[511], bottom.contents[512], bottom.contents[1023], bottom.contents[1024]]).to.deep.equal([3, 9, 9, 3]); // prettier-ignore
      expect([layer.attempts, bottom.log]).to.deep.equal([2, ['read 0+4096', 'write 0+4096']]);
    });

    it('splits again from the beginning', () => {
      const bottom = disk();
      const layer: Script = new Script(
        bottom,
        (io, attempt) => {
          const split = io.split(layer, attempt);
          for (let at = 0; at < io.length; at += 512) split.piece(bottom, io.position + at, at, 512);
          split.seal();
        },
        (io, attempt) => {
          if (io.failure !== null && attempt === 0 && io.retry()) layer.start(io, 1);
        },
      );
      const request = read(layer, 1024);
      bottom.pending[0]?.fail();
      bottom.pending[0]?.answer();
      bottom.pending[1]?.fail('ENXIO', [{ offset: 12, length: 500 }]);
      bottom.pending[0]?.answer();
      expect(outcomeOf(request)).to.deep.equal(['failed', 'ENXIO', 524, [[0, 524]]]);
    });

    it('may come later, from a layer that held the request (N6, N8)', () => {
      const bottom = disk();
      let later = (): void => undefined;
      const layer: Script = new Script(
        bottom,
        (io, attempt) => io.pass(layer, bottom, io.position, attempt),
        (io, attempt) => {
          if (io.failure === null) return;
          const resume = io.suspend();
          later = () => {
            if (io.retry()) layer.start(io, attempt + 1);
            else resume();
          };
        },
      );
      const request = read(layer);
      bottom.only.fail();
      expect([request.state, bottom.pending.length]).to.deep.equal(['pending', 0]);
      later();
      bottom.only.answer();
      expect(outcomeOf(request)).to.deep.equal(['done', 512]);

      const cancelled = read(layer);
      bottom.only.fail();
      expect(cancelled.cancel()).to.equal('requested');
      later();
      expect(outcomeOf(cancelled)).to.deep.equal(['failed', 'EIO', 0, []]);
    });

    it('leaves what let go of an earlier hold without effect', () => {
      const bottom = disk({ inline: true });
      const resumes: (() => void)[] = [];
      const layer: Script = new Script(
        bottom,
        (io, attempt) => io.pass(layer, bottom, io.position, attempt),
        (io, attempt) => {
          resumes.push(io.suspend());
          if (attempt === 0) {
            io.retry();
            layer.start(io, 1);
          }
        },
      );
      const request = read(layer);
      expect(resumes.length).to.equal(2);
      resumes[0]?.();
      expect(request.state).to.equal('pending');
      resumes[1]?.();
      expect(request.value).to.equal(512);
    });

    it('runs 100,000 times over a device that fails inline, without recursion (I2)', () => {
      const bottom = disk();
      bottom.submit = (io) => {
        io.finish(0, error);
      };
      const error = new IoError('EIO');
      const layer = retrying(bottom, 100_000);
      expect(outcomeOf(read(layer))).to.deep.equal(['failed', 'EIO', 0, []]);
      expect(layer.attempts).to.equal(100_000);
    });
  });
}
