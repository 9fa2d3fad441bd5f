import { cloneKiobuf, cloneKiobufTracked, compoundEvent, waitQueue, type Strategy } from '../io/index.js';

/** The designs that are compared, in the order of the reports. The first is the one that ratios are taken against. */
export const designs: readonly Strategy[] = [waitQueue, compoundEvent, cloneKiobuf, cloneKiobufTracked];
