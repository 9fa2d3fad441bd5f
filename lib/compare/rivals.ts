import { cloneKiobuf, cloneKiobufTracked, compoundEvent, waitQueue } from '../io/index.js';
import type { Rival } from './rival.js';
import { strategyRival } from './rivals/strategy.js';

/** The designs that are compared, in the order of the reports. The first is the one that ratios are taken against. */
export const rivals: readonly Rival[] = [waitQueue, compoundEvent, cloneKiobuf, cloneKiobufTracked].map(strategyRival);
