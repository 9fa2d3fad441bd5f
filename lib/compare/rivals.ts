import { cloneKiobuf, cloneKiobufTracked, compoundEvent, waitQueue } from '../io/index.js';
import type { Rival } from './rival.js';
import { bioChain } from './rivals/bio-chain.js';
import { pollByCompound, pollByEmitter, pollByMerge, pollByReactions, pollByReadyList } from './rivals/polling.js';
import { promises } from './rivals/promises.js';
import { rxjs } from './rivals/rxjs.js';
import { stackLocations } from './rivals/stack-locations.js';
import { strategyRival } from './rivals/strategy.js';
import { lineOfEntries, lineOfPromises } from './rivals/waiters.js';
import { streams } from './rivals/streams.js';

/**
 * The designs that are compared, in the order of the reports: the four of 2001, two that systems of today use, and what a
 * program of today would be written with (Q6). The first is the one that ratios are taken against.
 */
export const rivals: readonly Rival[] = [
  { ...strategyRival(waitQueue), poll: pollByReadyList, line: lineOfEntries },
  { ...strategyRival(compoundEvent), poll: pollByCompound },
  ...[cloneKiobuf, cloneKiobufTracked, bioChain, stackLocations].map(strategyRival),
  { ...promises, poll: pollByReactions, line: lineOfPromises },
  { ...rxjs, poll: pollByMerge },
  { ...streams, poll: pollByEmitter },
];
