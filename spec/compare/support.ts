import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before } from 'mocha';
import {
  bioChain,
  plans,
  rivals,
  soleBaton,
  stackLocations,
  type Estimate,
  type Experiment,
  type Row,
  type Setting,
} from '../../lib/compare/index.js';
import { edge } from '../../lib/compare/rivals/edge.js';
import {
  cloneKiobuf,
  cloneKiobufTracked,
  compoundEvent,
  waitQueue,
  type IoRequest,
  type Strategy,
} from '../../lib/io/index.js';

/** The designs that run wakechain's own layers and are counted by hand in these specs. */
export const strategies: readonly Strategy[] = [
  waitQueue,
  compoundEvent,
  cloneKiobuf,
  cloneKiobufTracked,
  bioChain,
  stackLocations,
];

/** A setting as small as it goes. */
export function settingOf(changes: Partial<Omit<Setting, 'plan'>> & { rounds?: number } = {}): Setting {
  const { rounds = 1, ...others } = changes;
  return {
    rivals: [...rivals, edge],
    plan: { ...plans.quick, warmMs: 0, rounds, passes: 1, fileRounds: rounds },
    seed: 1,
    file: '',
    trace: null,
    signal: new AbortController().signal,
    baton: soleBaton(),
    note: () => {},
    progress: () => {},
    ...others,
  };
}

/** The figures of an experiment at a point, by design, of those that can. */
export async function figuresAt(
  experiment: Experiment,
  point: number,
  setting: Setting = settingOf(),
): Promise<Record<string, Record<string, number | null>>> {
  const rows = await experiment.at(point, setting);
  return Object.fromEntries(
    rows.flatMap(({ design, cannot, figures }) => {
      if (cannot !== null) return [];
      return [[design, Object.fromEntries(Object.entries(figures).map(([name, { value }]) => [name, value]))]];
    }),
  );
}

/** Holds what was counted of each design against what it is to be: of all designs but those that are named. */
export function expectCounts(
  figures: Record<string, Record<string, number | null>>,
  expected: Record<string, object>,
  except: readonly string[] = [],
): void {
  for (const { name } of rivals) {
    if (except.includes(name)) expect(figures, name).to.not.have.property(name);
    else expect(figures[name], name).to.include(expected[name]);
  }
}

/** Whether a design makes a header for each layer, rather than send one container down. */
export function clones(design: string): boolean {
  return design.startsWith('clone') || design === 'bioChain';
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
export function rowOf({
  ns = 1500,
  ratio = { median: 1, low: 1, high: 1 },
  figures = {},
  ...changes
}: Partial<Row> & { ns?: number; ratio?: Estimate } = {}): Row {
  // As many rounds as it takes to tell; the interval is resampled from them.
  const rounds = Array.from({ length: 15 }, () => ns);
  return {
    design: 'waitQueue',
    x: 1,
    cannot: null,
    ...changes,
    figures:
      (changes.cannot ?? null) === null
        ? { headers: { value: 1 }, allocated: { value: 800 }, time: { value: ns, rounds, ratio }, ...figures }
        : {},
  };
}

/** A folder of the specs of one describe, with an own temporary one in it. */
export interface Folder {
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
    // A browser that has just been closed may still be writing its profile.
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
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
