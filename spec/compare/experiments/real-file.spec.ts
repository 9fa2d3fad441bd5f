import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { realFile } from '../../../lib/compare/experiments/real-file.js';
import {
  promises,
  rxjs,
  strategyRival,
  streams,
  type Rival,
  type Row,
  type Setting,
} from '../../../lib/compare/index.js';
import { IoError, waitQueue, type IoRequest, type Strategy } from '../../../lib/io/index.js';
import { clones, rejectionOf, settingOf, strategies as designs, useFolder, watched } from '../support.js';

const MIB = 1024 * 1024;
const KIB = 1024;

describe('real-file', function () {
  this.timeout(30_000);
  const folder = useFolder();

  const fileOf = (bytes: number): { path: string; sha256: string } => {
    const contents = randomBytes(bytes);
    const path = join(folder.path, `${bytes}-bytes`);
    writeFileSync(path, contents);
    return { path, sha256: createHash('sha256').update(contents).digest('hex') };
  };

  /** Sends a file under designs; by default all. */
  const runRealFile = (
    file: string,
    changes: { designs?: readonly Strategy[]; rounds?: number } & Partial<Omit<Setting, 'plan'>> = {},
  ): Promise<Row[]> => {
    const { designs: asked = designs, ...others } = changes;
    return realFile.at(4, settingOf({ file, rivals: asked.map(strategyRival), ...others }));
  };

  const sizes: [bytes: number, name: string][] = [
    [3 * MIB + 4097, 'several requests, the last not whole'],
    [2 * MIB, 'whole requests'],
    [4097, 'a sector and a byte'],
    [4096, 'a sector'],
    [1, 'one byte'],
    [0, 'nothing'],
  ];

  for (const [bytes, name] of sizes) {
    describe(`with a file of ${bytes} bytes, ${name}`, () => {
      let rows: Row[];
      let sha256: string;
      const requests: IoRequest[] = [];
      const parts: number[] = [];
      const notes: string[] = [];

      before(async () => {
        const file = fileOf(bytes);
        sha256 = file.sha256;
        rows = await runRealFile(file.path, {
          designs: designs.map((design) => watched(design, (request) => requests.push(request))),
          rounds: 2,
          progress: (part) => void parts.push(part),
          note: (text) => void notes.push(text),
        });
      });

      it('brings the same bytes back under every design, and says so', () => {
        expect(rows.map(({ design, cannot }) => [design, cannot])).to.deep.equal(
          designs.map(({ name }) => [name, null]),
        );
        expect(notes.join('\n')).to.match(
          new RegExp(`, ${bytes} bytes, came back under each design; SHA-256 ${sha256}$`),
        );
      });

      it('writes whole sectors, flushes, and reads in another size', () => {
        const made = requests.map(({ operation, position, length }) => `${operation} ${length} at ${position}`);
        const once = [...requestsFor('write', bytes, MIB), 'flush 0 at 0', ...requestsFor('read', bytes, 384 * KIB)];
        expect(made).to.deep.equal(Array.from({ length: 2 * designs.length }, () => once).flat());
      });

      for (const { name } of designs) {
        it(`counts the headers of ${name}`, () => {
          const { figures } = rows.find(({ design }) => design === name)!;
          const counts = Object.fromEntries(Object.entries(figures).map(([key, { value }]) => [key, value]));
          expect(counts['headers']).to.equal(headersFor(bytes, clones(name)));
          expect(counts['callbacks']).to.equal(callbacksFor(bytes));
          if (name === 'waitQueue') expect(counts['links']).to.equal(linksFor(bytes));
          if (name === 'cloneKiobuf') expect(counts['links']).to.equal(0);
          expect(counts['visited']).to.equal(0);
        });
      }

      it('takes rates over its true length, and the first design as the base of ratios', () => {
        for (const { figures } of rows) {
          for (const name of ['write', 'read']) expect(figures[name]!.value! > 0).to.equal(bytes > 0);
          expect(figures['cpu']!.value).to.be.at.least(0);
        }
        expect(rows[0]!.figures['both']!.ratio).to.deep.equal({ median: 1, low: 1, high: 1 });
      });

      it('tells how much is done after each design in each round', () => {
        const all = 2 * designs.length;
        expect(parts).to.deep.equal(Array.from({ length: all }, (_, i) => (i + 1) / all));
      });

      it('leaves nothing behind', () => {
        expect(folder.left()).to.deep.equal([]);
      });
    });
  }

  /** The requests that a file takes, by hand. */
  function requestsFor(operation: string, bytes: number, size: number): string[] {
    return lengthsOf(bytes, size).map((length, i) => `${operation} ${length} at ${i * size}`);
  }

  function lengthsOf(bytes: number, size: number): number[] {
    const lengths: number[] = [];
    for (let left = bytes; left > 0; left -= size) lengths.push(Math.ceil(Math.min(left, size) / 4096) * 4096);
    return lengths;
  }

  function requestLengths(bytes: number): number[] {
    return [...lengthsOf(bytes, MIB), ...lengthsOf(bytes, 384 * KIB)];
  }

  /** How many chunks there are in each of the parts that Crypt sends a request down in, of 128 KiB or what is left. */
  function piecesOf(length: number): number[] {
    const pieces: number[] = [];
    for (let left = length; left > 0; left -= 128 * KIB) pieces.push(Math.ceil(Math.min(left, 128 * KIB) / (64 * KIB)));
    return pieces;
  }

  function sumOf(counts: readonly number[]): number {
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** The sum over all requests, of how many pieces there are in each of their parts; the flush goes to three members. */
  function overRequests(bytes: number, count: (parts: readonly number[]) => number): number {
    return sumOf([...requestLengths(bytes).map((length) => count(piecesOf(length))), count([3])]);
  }

  /**
   * A container: one for the request, one for each part if there are several, and one for each piece of what Stripe carves
   * up. Clones: one for the request, one for each part, one where Sums passes it on, and one for each piece, also where Stripe passes it on.
   */
  function headersFor(bytes: number, cloned: boolean): number {
    return overRequests(bytes, (parts) =>
      cloned
        ? 1 + 2 * parts.length + sumOf(parts)
        : 1 + (parts.length > 1 ? parts.length : 0) + sumOf(parts.filter((pieces) => pieces > 1)),
    );
  }

  /** Crypt is told of each request and, if there are several, of each of its parts; Sums and Stripe of each part. */
  function callbacksFor(bytes: number): number {
    return overRequests(bytes, (parts) => 1 + (parts.length > 1 ? parts.length : 0) + 2 * parts.length);
  }

  /** An entry for Crypt, with one for each part if there are several; for each part one for Sums, one for Stripe and, where it carves, for each piece. */
  function linksFor(bytes: number): number {
    return overRequests(
      bytes,
      (parts) =>
        1 + (parts.length > 1 ? parts.length : 0) + 2 * parts.length + sumOf(parts.filter((pieces) => pieces > 1)),
    );
  }

  it('brings the same bytes back under the designs that a program of today would be written with (Q6)', async () => {
    const { path, sha256 } = fileOf(MIB + 4097);
    const notes: string[] = [];
    const rows = await realFile.at(
      4,
      settingOf({ file: path, rivals: [promises, rxjs, streams], note: (text) => notes.push(text) }),
    );
    expect(rows.map(({ design, cannot }) => [design, cannot])).to.deep.equal([
      ['promises', null],
      ['rxjs', null],
      ['streams', null],
    ]);
    expect(notes.join()).to.include(`came back under each design; SHA-256 ${sha256}`);
  });

  describe('when it cannot go on', () => {
    afterEach(() => {
      expect(folder.left()).to.deep.equal([]);
    });

    it('refuses a file that is not there', async () => {
      const error = await rejectionOf(runRealFile(join(folder.path, 'missing')));
      expect(error.code).to.equal('ENOENT');
    });

    it('refuses a folder', async () => {
      mkdirSync(join(folder.path, 'folder'));
      const error = await rejectionOf(runRealFile(join(folder.path, 'folder')));
      expect(error).to.have.property('code', 'ERR_FILE');
      expect(error.message).to.match(/folder is a directory$/);
    });

    it('refuses a pipe, which would hang', async () => {
      const pipe = join(folder.path, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const error = await rejectionOf(runRealFile(pipe));
      expect(error).to.have.property('code', 'ERR_FILE');
      expect(error.message).to.match(/pipe is not a regular file$/);
    });

    it('says so when the file becomes shorter meanwhile', async () => {
      const { path } = fileOf(2 * MIB + 5);
      let first = true;
      const truncating = watched(waitQueue, () => {
        if (first) truncateSync(path, MIB + 7);
        first = false;
      });
      const error = await rejectionOf(runRealFile(path, { designs: [truncating] }));
      expect(error).to.have.property('code', 'ERR_CHANGED');
      expect(error.message).to.match(/became shorter while it was read, at 1048583$/);
    });

    // As a full disk does; spec/cli fills a real one.
    const failures: [name: string, error: Error, message: string][] = [
      [
        'tells where a request failed and what may help',
        IoError.from(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })),
        'ENOSPC: no space left on device, for the backing files in TMP; TMPDIR names another place',
      ],
      [
        'tells it also of a failure without a cause',
        new IoError('EIO'),
        'EIO: The device could not transfer the data, for the backing files in TMP; TMPDIR names another place',
      ],
      ['leaves other errors as they are', new Error('out of order'), 'out of order'],
    ];
    for (const [name, error, message] of failures) {
      it(name, async () => {
        const failing = watched(waitQueue, (request) => {
          request.intercept((outcome) => outcome.fail(error));
        });
        const thrown = await rejectionOf(runRealFile(fileOf(4096).path, { designs: [failing] }));
        expect(thrown.message).to.equal(message.replace('TMP', folder.tmp));
        if (error instanceof IoError) expect(thrown).to.include({ code: error.code, cause: error });
      });
    }

    for (const operation of ['write', 'flush', 'read'] as const) {
      for (const design of designs) {
        it(`is ended by the signal during a ${operation} under ${design.name}`, async () => {
          const { path } = fileOf(6 * MIB);
          const controller = new AbortController();
          const requests: IoRequest[] = [];
          const aborting = watched(design, (request) => {
            requests.push(request);
            if (request.operation === operation) queueMicrotask(() => controller.abort(new Error('enough')));
          });
          const { signal } = controller;
          await rejectionOf(runRealFile(path, { designs: [aborting], rounds: 100, signal }));
          expect(requests.length).to.be.lessThan(40);
          for (const request of requests) {
            expect(request.settled).to.equal(true);
            expect(request.range?.pages.pinned ?? false).to.equal(false);
          }
        });
      }
    }
  });

  it('fails when what came back is not what was written', async () => {
    const { path } = fileOf(5000);
    const spoiling = watched(waitQueue, (request) => {
      if (request.operation !== 'read') return;
      request.intercept(() => request.range!.pages.set(Uint8Array.of(1, 2, 3), 0));
    });
    const error = await rejectionOf(runRealFile(path, { designs: [spoiling] }));
    expect(error.code).to.equal('ERR_MISMATCH');
    expect(error.message).to.match(/^Under waitQueue the file read back differs from the one written, [0-9a-f]{64}$/);
  });

  it('has a row for a design that cannot, and takes ratios against the first that can', async () => {
    const unable: Rival = { ...strategyRival(waitQueue), name: 'unable', build: () => ({ cannot: 'has no files' }) };
    const { path } = fileOf(5000);
    const [first, second] = await runRealFile(path, { rivals: [unable, strategyRival(waitQueue)] });
    expect([first!.cannot, first!.figures]).to.deep.equal(['has no files', {}]);
    expect(second!.figures['both']!.ratio).to.deep.equal({ median: 1, low: 1, high: 1 });
  });
});
