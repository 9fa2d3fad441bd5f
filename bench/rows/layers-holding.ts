import compose from 'koa-compose';
import { Completion, type Layer } from '../../lib/event/index.js';
import { WaitEntry, WaitQueue, WOKEN } from '../../lib/wait/index.js';
import { callbackOf, layers, valueOf } from '../effects.js';
import type { Contender, Row } from '../row.js';

/* Layers that may hold the request and go on with it later; none does here. One promise at the end. */

type HoldingLayer = (request: Request) => boolean;

/** Written by hand: a request that knows where it is in its layers, and can be resumed there. */
class Request {
  value: number;
  private at: number;
  private readonly layers: readonly HoldingLayer[];
  private readonly resolve: (value: number) => void;

  constructor(layers: readonly HoldingLayer[], value: number, resolve: (value: number) => void) {
    this.layers = layers;
    this.at = layers.length;
    this.value = value;
    this.resolve = resolve;
  }

  /** Goes on where it was held. */
  resume(): void {
    while (this.at > 0) if (this.layers[--this.at]!(this)) return;
    this.resolve(this.value);
  }
}

const holding: readonly HoldingLayer[] = layers.map((layer) => (request) => {
  request.value = layer(request.value);
  return false;
});

const resumable: Contender = {
  role: 'ideal',
  name: 'a resumable request',
  prepare(n) {
    const stack = Array.from({ length: n }, (_, j) => holding[j & 3]!);
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const value = await new Promise<number>((resolve) => {
          new Request(stack, valueOf(i), resolve).resume();
        });
        callbackOf(i)(value);
      }
    };
  },
};

const interceptors: readonly Layer<number>[] = layers.map((layer) => (outcome) => {
  outcome.succeed(layer(outcome.value));
});

class Held {
  value: number;
  readonly resolve: (value: number) => void;

  constructor(value: number, resolve: (value: number) => void) {
    this.value = value;
    this.resolve = resolve;
  }
}

/** A wake function may answer HOLD and go on with the walk later: nothing else is needed. */
const wakeFunctions = layers.map((layer) => (_entry: WaitEntry, key: unknown) => {
  const request = key as Held;
  request.value = layer(request.value);
  return WOKEN;
});

const ours: Contender = {
  role: 'ours',
  name: 'queue.wake of entries that were added first',
  prepare(n) {
    const queue = new WaitQueue();
    for (let j = 0; j < n; j++) queue.addFirst(new WaitEntry(wakeFunctions[j & 3]!));
    queue.add(
      new WaitEntry((_entry, key) => {
        const request = key as Held;
        request.resolve(request.value);
        return WOKEN;
      }),
    );
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const value = await new Promise<number>((resolve) => {
          queue.wake(new Held(valueOf(i), resolve));
        });
        callbackOf(i)(value);
      }
    };
  },
};

const completion: Contender = {
  role: 'ours-too',
  name: 'completion.intercept and promise()',
  prepare(n) {
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const request = new Completion<number>();
        for (let j = 0; j < n; j++) request.intercept(interceptors[j & 3]!);
        const promise = request.promise();
        request.complete(valueOf(i));
        callbackOf(i)(await promise);
      }
    };
  },
};

interface Context {
  value: number;
}

const koaLayers = layers.map((layer) => (context: Context, next: () => Promise<void>) => {
  context.value = layer(context.value);
  return next();
});

const koa: Contender = {
  role: 'peer',
  name: 'koa-compose',
  lacks: 'recursion, a deep stack overflows',
  prepare(n) {
    const composed = compose(Array.from({ length: n }, (_, j) => koaLayers[(n - 1 - j) & 3]!));
    return async (times) => {
      for (let i = 0; i < times; i++) {
        const context = { value: valueOf(i) };
        await composed(context);
        callbackOf(i)(context.value);
      }
    };
  },
};

const asynchronous: readonly ((value: number) => Promise<number>)[] = [
  async (value) => layers[0]!(value),
  async (value) => layers[1]!(value),
  async (value) => layers[2]!(value),
  async (value) => layers[3]!(value),
];

const awaiting: Contender = {
  role: 'used',
  name: 'await per layer',
  prepare(n) {
    const stack = Array.from({ length: n }, (_, j) => asynchronous[j & 3]!);
    return async (times) => {
      for (let i = 0; i < times; i++) {
        let value = valueOf(i);
        for (let j = stack.length - 1; j >= 0; j--) value = await stack[j]!(value);
        callbackOf(i)(value);
      }
    };
  },
};

export const layersHolding: Row = {
  name: 'layers-holding',
  operation: 'a fresh request through n layers that stay and may hold it, with one promise at the end',
  cases: [
    { n: 1, reach: 1.2 },
    { n: 4, reach: 1.2 },
    { n: 16, reach: 1.2 },
    { n: 1000, reach: 1.2 },
  ],
  contenders: [resumable, ours, completion, koa, awaiting],
  inTheWay:
    'as layers-sync. A layer on a fresh completion (see every contender) costs an entry and an insertion besides.',
};
