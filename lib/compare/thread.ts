/** What runs in the thread of a design: one experiment, point by point, when it is told to. Started by `threads.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Baton } from './baton.js';
import { designOf, experimentOf } from './choose.js';
import type { Row, Setting } from './experiment.js';
import { sent, type Aside, type Assignment, type Order, type TurnEnd } from './thread-protocol.js';

const interrupt = new AbortController();
const { signal } = interrupt;
type Turn = Extract<Order, { readonly order: 'go' }>;

/** Of the turn that is waited for. */
let goOn: (turn: Turn) => void = () => undefined;
let giveUp: (reason: unknown) => void = () => undefined;

const tell = (what: TurnEnd | Aside): void => parentPort?.postMessage(what);

const baton: Baton = {
  pass: async () => {
    const { late } = await new Promise<Turn>((resolve, reject) => {
      signal.throwIfAborted();
      [goOn, giveUp] = [resolve, reject];
      tell({ end: 'passed' });
    });
    return late;
  },
};

try {
  const { design, experiment: wanted, plan, seed, file, trace } = workerData as Assignment;
  const rivals = [await designOf(design)];
  const experiment = await experimentOf(wanted);
  const setting: Setting = {
    rivals,
    plan,
    seed,
    file,
    trace,
    signal,
    baton,
    note: (text) => tell({ aside: 'note', text }),
    progress: (part) => tell({ aside: 'part', part }),
  };
  // Asynchronous, so that what is thrown at once is caught as well.
  const begin = async (point: number): Promise<readonly Row[]> => {
    signal.throwIfAborted();
    return experiment.at(point, setting);
  };
  parentPort?.on('message', (order: Order) => {
    switch (order.order) {
      case 'begin':
        void begin(order.point).then(
          (rows) => tell({ end: 'through', rows }),
          (error: unknown) => tell({ end: 'failed', failure: sent(error) }),
        );
        break;
      case 'go':
        goOn(order);
        break;
      case 'abort':
        interrupt.abort(order.reason);
        giveUp(signal.reason);
    }
  });
  tell({ end: 'ready' });
} catch (error) {
  tell({ end: 'failed', failure: sent(error) });
}
