import { cloneKiobuf, cloneKiobufTracked, compoundEvent, waitQueue } from '../io/index.js';
import type { Rival } from './rival.js';
import { bioChain } from './rivals/bio-chain.js';
import { stackLocations } from './rivals/stack-locations.js';
import { strategyRival } from './rivals/strategy.js';

/**
 * The designs that are compared, in the order of the reports: the four of 2001, and two that systems of today use. The
 * first is the one that ratios are taken against.
 */
export const rivals: readonly Rival[] = [
  waitQueue,
  compoundEvent,
  cloneKiobuf,
  cloneKiobufTracked,
  bioChain,
  stackLocations,
].map(strategyRival);
