import type { Experiment } from './experiment.js';
import { cancel, cancelProgress } from './experiments/cancel.js';
import { deferred } from './experiments/deferred.js';
import { depth } from './experiments/depth.js';
import { fanOut } from './experiments/fan-out.js';
import { fastest } from './experiments/fastest.js';
import { partial } from './experiments/partial.js';
import { plain } from './experiments/plain.js';
import { poll } from './experiments/poll.js';
import { readAhead, readAheadMerged } from './experiments/read-ahead.js';
import { realFile } from './experiments/real-file.js';
import { retry } from './experiments/retry.js';
import { transform } from './experiments/transform.js';
import { trace, traceGit, traceSqlite } from './experiments/trace-replay.js';
import { tree } from './experiments/tree.js';
import { waiterOrder } from './experiments/waiter-order.js';

/** The experiments, in the order of the report. */
export const experiments: readonly Experiment[] = [
  realFile,
  depth,
  fanOut,
  tree,
  plain,
  cancel,
  cancelProgress,
  transform,
  readAhead,
  readAheadMerged,
  partial,
  retry,
  fastest,
  poll,
  waiterOrder,
  deferred,
  traceGit,
  traceSqlite,
];

/** All that can be asked for by name: also the replay of a trace of one's own. */
export const knownExperiments: readonly Experiment[] = [...experiments, trace];
