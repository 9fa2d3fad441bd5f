import { cloneKiobuf, cloneKiobufTracked, compoundEvent, waitQueue } from '../io/index.js';
import type { Rival } from './rival.js';
import { bioChain } from './rivals/bio-chain.js';
import { promises } from './rivals/promises.js';
import { rxjs } from './rivals/rxjs.js';
import { stackLocations } from './rivals/stack-locations.js';
import { strategyRival } from './rivals/strategy.js';
import { streams } from './rivals/streams.js';

/**
 * The designs that are compared, in the order of the reports: the four of 2001, two that systems of today use, and what a
 * program of today would be written with (Q6). The first is the one that ratios are taken against.
 */
export const rivals: readonly Rival[] = [
  ...[waitQueue, compoundEvent, cloneKiobuf, cloneKiobufTracked, bioChain, stackLocations].map(strategyRival),
  promises,
  rxjs,
  streams,
];
