import { PagePool, type BlockDevice, type IoRequest } from '../io/index.js';
import { bottomsOf, type Blueprint } from './blueprint.js';
import type { Bottom } from './bottom.js';
import { CountedPool } from './counted-pool.js';
import type { Figure, Row, Setting } from './experiment.js';
import { measure, type Contender } from './meter.js';
import { isCannot, type Cannot, type Rival } from './rival.js';
import { edge } from './rivals/edge.js';

/** What a rival has built of an experiment's blueprint. */
export interface Stack<B extends Bottom = Bottom> {
  readonly rival: Rival;
  readonly device: BlockDevice;
  /** Those of the blueprint that it was built from, in order. */
  readonly bottoms: readonly B[];
  /** For the caller's memory. */
  readonly pool: PagePool;
  /** What the layers' own memory comes from. */
  readonly layersPool: CountedPool;
}

/** What an experiment does with a stack. */
export type Work = Omit<Contender, 'design'> & {
  /** Further figures, taken once, after the rounds. */
  after?(): Promise<Readonly<Record<string, number>>>;
};

/**
 * Builds each rival's stack, with bottoms of its own, and measures the work on all of them, interleaved. Rivals that
 * cannot have a row that says why. Besides what the work tells, the transfers at the bottoms are counted.
 * @throws as {@link measure}
 */
export function contend<B extends Bottom>(
  x: number,
  setting: Setting,
  blueprint: () => Blueprint,
  work: (stack: Stack<B>) => Work,
): Promise<Row[]> {
  return contendWith(x, setting, async (rival) => {
    const stack = await buildStack<B>(rival, blueprint());
    if ('cannot' in stack) return stack;
    const own = work(stack);
    // What the work tells of a stack is not true of the edge, which has none.
    const extra = (): ReturnType<NonNullable<Work['extra']>> | Record<string, never> => own.extra?.() ?? {};
    return {
      run: (times) => own.run(times),
      ...(own.prepare === undefined ? {} : { prepare: () => own.prepare?.() }),
      timings: () => own.timings?.() ?? {},
      extra: rival === edge ? () => Promise.resolve(extra()).then(() => ({})) : extra,
      totals: () => ({
        operations: stack.bottoms.reduce((sum, { operations }) => sum + operations, 0),
        ...own.totals?.(),
      }),
      after: () => Promise.resolve(own.after?.() ?? {}),
    };
  });
}

/**
 * Measures the work that each rival has, or says that it cannot, interleaved; for work on something other than a stack.
 * @throws as {@link measure}
 */
export async function contendWith(
  x: number,
  setting: Setting,
  work: (rival: Rival) => Promise<Work | Cannot>,
): Promise<Row[]> {
  const rows = new Map<string, Row>();
  const works = new Map<string, Work>();
  const contenders: Contender[] = [];
  for (const rival of setting.rivals) {
    const own = await work(rival);
    if ('cannot' in own) {
      rows.set(rival.name, { design: rival.name, x, cannot: own.cannot, figures: {} });
      continue;
    }
    works.set(rival.name, own);
    contenders.push({
      design: rival.name,
      run: (times) => own.run(times),
      ...(own.prepare === undefined ? {} : { prepare: () => own.prepare?.() }),
      extra: () => own.extra?.() ?? {},
      timings: () => own.timings?.() ?? {},
      totals: () => own.totals?.() ?? {},
    });
  }
  for (const row of await measure(x, contenders, setting)) {
    const figures: Record<string, Figure> = { ...row.figures };
    const after = (await works.get(row.design)?.after?.()) ?? {};
    for (const [name, value] of Object.entries(after)) figures[name] = { value };
    rows.set(row.design, { ...row, figures });
  }
  return setting.rivals.map(({ name }) => rows.get(name) as Row);
}

/** A rival's stack of a blueprint, or why it cannot build one. */
export async function buildStack<B extends Bottom>(
  rival: Rival,
  blueprint: Blueprint,
): Promise<Stack<B> | { readonly cannot: string }> {
  const layersPool = new CountedPool();
  const device = await rival.build(blueprint, { pool: layersPool });
  if (isCannot(device)) return { cannot: device.cannot };
  return { rival, device, bottoms: bottomsOf(blueprint) as B[], pool: new PagePool(), layersPool };
}

/**
 * Work that makes one request after the other, each when the one before has ended, and checks what each yields. A design
 * that ends inline is not charged the caller's wait; one that ends later is: its caller has to be told.
 */
export function oneByOne(begin: () => IoRequest, expected: number): (times: number) => void | Promise<void> {
  const check = (request: IoRequest): void => {
    const { value, device } = request;
    if (value !== expected) {
      throw new Error(`${device.strategy.name} transferred ${String(value)} bytes instead of ${String(expected)}`);
    }
  };
  return (times) => {
    for (let i = 0; i < times; i++) {
      const request = begin();
      if (!request.settled) return rest(begin, check, request, times - i);
      check(request);
    }
    return undefined;
  };
}

/** The request that has not ended yet, and those after it: `left` in all. */
function rest(
  begin: () => IoRequest,
  check: (request: IoRequest) => void,
  first: IoRequest,
  left: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let request = first;
    const goOn = (): void => {
      try {
        for (;;) {
          check(request);
          if (--left === 0) break;
          request = begin();
          if (!request.settled) {
            request.notify(goOn);
            return;
          }
        }
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    request.notify(goOn);
  });
}
