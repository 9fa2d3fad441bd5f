import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'mocha';
import type { Setting } from '../../lib/compare/experiment.js';
import { designs } from '../../lib/compare/designs.js';
import type { Row } from '../../lib/compare/index.js';
import type { IoRequest, Strategy } from '../../lib/io/index.js';

/** A setting as small as it goes. */
export function settingOf(changes: Partial<Setting> = {}): Setting {
  return { designs, rounds: 1, seed: 1, signal: new AbortController().signal, progress: () => {}, ...changes };
}

/** Whether a design makes a header for each layer, rather than send one container down. */
export function clones(design: string): boolean {
  return design.startsWith('clone');
}

/** A design that also shows each request that is made under it. */
export function watched(design: Strategy, see: (request: IoRequest) => void): Strategy {
  return {
    name: design.name,
    capabilities: design.capabilities,
    root(request) {
      see(request);
      return design.root(request);
    },
  };
}

/** A row as a run could have found it. */
export function rowOf(changes: Partial<Row> = {}): Row {
  return {
    design: 'waitQueue',
    x: 1,
    ns: 1500,
    ratio: { median: 1, low: 1, high: 1 },
    bytes: 800,
    counts: { headers: 1, links: 2, callbacks: 3, visited: 0 },
    ...changes,
  };
}

/** A folder of the specs of one describe, with an own temporary one in it. */
interface Folder {
  readonly path: string;
  /** What `os.tmpdir()` answers meanwhile. */
  readonly tmp: string;
  /** What lies in `tmp`. */
  left(): string[];
}

/** Makes a folder before the specs of a describe and removes it after them. */
export function useFolder(): Folder {
  let path = '';
  const { TMPDIR } = process.env;
  before(() => {
    path = mkdtempSync(join(tmpdir(), 'wakechain-spec-'));
    process.env['TMPDIR'] = join(path, 'tmp');
    mkdirSync(join(path, 'tmp'));
  });
  after(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
    rmSync(path, { recursive: true, force: true });
  });
  return {
    get path() {
      return path;
    },
    get tmp() {
      return join(path, 'tmp');
    },
    left: () => readdirSync(join(path, 'tmp')),
  };
}

/** What a promise is rejected with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  return promise.then(
    () => {
      throw new Error('it was fulfilled');
    },
    (error: unknown) => error as Error,
  );
}
