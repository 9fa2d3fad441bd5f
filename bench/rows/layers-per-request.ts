import { map, Subject, type Observable } from 'rxjs';
import { Completion, type Layer } from '../../lib/event/index.js';
import { WaitEntry, WOKEN, type WaitQueue } from '../../lib/wait/index.js';
import { callbackOf, layerOf, layers, valueOf, type Callback, type LayerFunction } from '../effects.js';
import type { Contender, Row } from '../row.js';

/* A request goes down `n` layers, each of which puts itself in front; its result comes up through them, LIFO. */

class Request {
  private readonly layers: LayerFunction[] = [];
  private readonly done: Callback;

  constructor(done: Callback) {
    this.done = done;
  }

  intercept(layer: LayerFunction): void {
    this.layers.push(layer);
  }

  complete(value: number): void {
    let result = value;
    for (let i = this.layers.length - 1; i >= 0; i--) result = this.layers[i]!(result);
    this.done(result);
  }
}

const array: Contender = {
  role: 'ideal',
  name: 'LIFO loop over an array of layers',
  lacks: 'cannot hold or fail',
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const request = new Request(callbackOf(i));
        for (let j = 0; j < n; j++) request.intercept(layerOf(j));
        request.complete(valueOf(i));
      }
    };
  },
};

const interceptors: readonly Layer<number>[] = layers.map((layer) => (outcome) => {
  outcome.succeed(layer(outcome.value));
});

const ours: Contender = {
  role: 'ours',
  name: 'completion.intercept',
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const request = new Completion<number>();
        const callback = callbackOf(i);
        request.notify((done) => {
          callback(done.value);
        });
        for (let j = 0; j < n; j++) request.intercept(interceptors[j & 3]!);
        request.complete(valueOf(i));
      }
    };
  },
};

const wakeFunctions = layers.map((layer) => (_entry: WaitEntry, _key: unknown, queue: WaitQueue) => {
  const { outcome } = queue as Completion<number>;
  outcome.succeed(layer(outcome.value));
  return WOKEN;
});

const embedded: Contender = {
  role: 'ours-too',
  name: 'completion.intercept of entries that are kept',
  prepare(n) {
    const entries = Array.from({ length: n }, (_, j) => new WaitEntry(wakeFunctions[j & 3]!));
    return (times) => {
      for (let i = 0; i < times; i++) {
        const request = new Completion<number>();
        const callback = callbackOf(i);
        request.notify((done) => {
          callback(done.value);
        });
        for (let j = 0; j < n; j++) request.intercept(entries[j]!);
        request.complete(valueOf(i));
      }
    };
  },
};

const observables: Contender = {
  role: 'used',
  name: 'RxJS map',
  prepare(n) {
    return (times) => {
      for (let i = 0; i < times; i++) {
        const source = new Subject<number>();
        let piped: Observable<number> = source;
        for (let j = n - 1; j >= 0; j--) piped = piped.pipe(map(layerOf(j)));
        piped.subscribe(callbackOf(i));
        source.next(valueOf(i));
        source.complete();
      }
    };
  },
};

export const layersPerRequest: Row = {
  name: 'layers-per-request',
  operation: 'a fresh request takes on n layers and its result goes through them',
  cases: [{ n: 1 }, { n: 4 }, { n: 16 }, { n: 1000 }],
  contenders: [array, ours, embedded, observables],
  inTheWay: "an entry and an insertion for each layer, and an outcome that checks whether it is still the layers'.",
};
