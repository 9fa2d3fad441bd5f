import { InvalidArgumentError } from 'commander';
import { LONGEST_DELAY_MS } from '../wait/errors.js';

/** Parses an option that is a whole number, from `from` up to `to`. */
export function wholeNumber(from: number, to: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= from && value <= to) return value;
    const upTo = to === Number.MAX_SAFE_INTEGER ? 'up' : `to ${String(to)}`;
    throw new InvalidArgumentError(`It must be a whole number from ${String(from)} ${upTo}.`);
  };
}

const SPANS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Parses an option that is a time with its unit: `500ms`, `30s`, `1.5m`. Answers milliseconds, from 1 to what a timer can wait. */
export function timeSpan(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/i.exec(text.trim()) ?? [];
  const ms = Math.round(Number(number) * (SPANS[unit.toLowerCase()] ?? 0));
  if (ms >= 1 && ms <= LONGEST_DELAY_MS) return ms;
  throw new InvalidArgumentError('It must be a time with its unit, such as 500ms, 30s or 2m, and 24 days at most.');
}

/** A time as an option takes it. */
export function timeText(ms: number): string {
  return ms % 1000 === 0 ? `${String(ms / 1000)}s` : `${String(ms)}ms`;
}

const UNITS = ['', 'K', 'M', 'G', 'T'];

/** Parses an option that is a number of bytes, with or without a unit: `4096`, `64K`, `1.5G`. Units are powers of 1024. */
export function byteCount(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)(?:iB)?$/i.exec(text.trim()) ?? [];
  const bytes = Number(number) * 1024 ** UNITS.indexOf(unit.toUpperCase());
  if (number !== '' && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError('It must be a number of bytes, such as 4096, 64K or 1G.');
}

/** Bytes as people read them: `512 bytes`, `64.0 MiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${String(bytes)} bytes`;
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${UNITS[power] ?? ''}iB`;
}
