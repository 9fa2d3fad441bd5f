import { ArgumentRangeError, LONGEST_DELAY_MS } from '../wait/errors.js';

/** An option that a device cannot be made or opened with: the error knows which. */
export class OptionError extends ArgumentRangeError {
  /** Its name, or the path of what is wrong within it, such as `rules.0.rate`. */
  readonly option: string;
  /** What the message says behind its name. */
  readonly why: string;

  constructor(code: string, option: string, why: string) {
    super(code, `${option} ${why}`);
    this.option = option;
    this.why = why;
  }
}

/** Refuses what is no whole number from `least` to `most`. @throws OptionError with this code */
export function checkCountOption(
  code: string,
  option: string,
  value: number,
  least: number = 1,
  most: number = Infinity,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const upTo = most === Infinity ? 'up' : `to ${String(most)}`;
  throw new OptionError(code, option, `must be a whole number from ${String(least)} ${upTo}, got ${String(value)}`);
}

/** Refuses a time that no host timer can keep. @throws OptionError `ERR_DELAY` */
export function checkDelayOption(option: string, ms: number): void {
  if (ms >= 0 && ms <= LONGEST_DELAY_MS) return;
  throw new OptionError(
    'ERR_DELAY',
    option,
    `must be from 0 to ${String(LONGEST_DELAY_MS)} milliseconds, got ${String(ms)}`,
  );
}
