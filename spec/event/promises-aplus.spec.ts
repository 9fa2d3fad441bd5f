// @ts-expect-error -- it has no types
import * as promisesTests from 'promises-aplus-tests';
import { Completion } from '../../lib/event/completion.js';

/** The suite's runner for a mocha that runs already; it declares its tests where it is called. */
interface Suite {
  mocha: (adapter: Adapter) => void;
}

interface Adapter {
  resolved: (value: unknown) => Completion<unknown>;
  rejected: (reason: unknown) => Completion<unknown>;
  deferred: () => Deferred;
}

interface Deferred {
  readonly promise: Completion<unknown>;
  readonly resolve: (value: unknown) => boolean;
  readonly reject: (reason: unknown) => boolean;
}

const { default: suite } = promisesTests as { default: Suite };

function deferred(): Deferred {
  const promise = new Completion<unknown>();
  return {
    promise,
    resolve: (value) => promise.complete(value),
    reject: (reason) => promise.fail(reason),
  };
}

describe('Completion.then under the Promises/A+ 1.1 suite (C7)', () => {
  const { setTimeout } = globalThis;
  // The suite waits in many places to see that something has not been called: a tenth of that is as many turns and keeps
  // the order.
  let timers = 0;
  before(() => {
    globalThis.setTimeout = ((run: () => void, ms = 0) => {
      timers++;
      return setTimeout(() => {
        timers--;
        run();
      }, ms / 10);
    }) as typeof setTimeout;
  });
  // Those of a test that is through would be taken for a leak.
  afterEach(async () => {
    while (timers > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  });
  after(() => {
    globalThis.setTimeout = setTimeout;
  });

  suite.mocha({
    deferred,
    resolved: (value) => {
      const { promise, resolve } = deferred();
      resolve(value);
      return promise;
    },
    rejected: (reason) => {
      const { promise, reject } = deferred();
      reject(reason);
      return promise;
    },
  });
});
