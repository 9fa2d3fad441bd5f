import { ArgumentError, ArgumentRangeError } from '../wait/errors.js';

/** The rank of an {@link IoClass}. */
export interface IoClassOptions {
  /** What errors and reports call it. Default `class`. */
  name?: string;
  /** Whole number: where requests wait, higher ones go first. Default 0, which is also that of requests without a class. */
  priority?: number;
  /** Above 0: the share among classes of the same priority, in bytes. Default 1, as without a class. */
  weight?: number;
}

/**
 * Whose I/O it is, to request queues: made once by who issues requests of a kind, given with each of them as `ioClass`,
 * and carried by every header that they become. Queues tell classes apart by identity.
 */
export class IoClass {
  readonly name: string;
  readonly priority: number;
  readonly weight: number;

  /** @throws ArgumentRangeError `ERR_IO_CLASS` for a priority or weight out of range */
  constructor({ name = 'class', priority = 0, weight = 1 }: IoClassOptions = {}) {
    if (!Number.isSafeInteger(priority)) {
      throw new ArgumentRangeError('ERR_IO_CLASS', `priority must be a whole number, got ${String(priority)}`);
    }
    if (!Number.isFinite(weight) || weight <= 0) {
      throw new ArgumentRangeError('ERR_IO_CLASS', `weight must be a number above 0, got ${String(weight)}`);
    }
    this.name = name;
    this.priority = priority;
    this.weight = weight;
  }
}

/** Refuses what is no class. */
export function checkIoClass(given: unknown): void {
  if (given instanceof IoClass) return;
  throw new ArgumentError('ERR_IO_CLASS', `ioClass must be an IoClass, got ${typeof given}`);
}
