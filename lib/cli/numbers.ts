import { InvalidArgumentError } from 'commander';

/** Parses an option that is a whole number, from `from` up to `to`. */
export function wholeNumber(from: number, to: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= from && value <= to) return value;
    const upTo = to === Number.MAX_SAFE_INTEGER ? 'up' : `to ${String(to)}`;
    throw new InvalidArgumentError(`It must be a whole number from ${String(from)} ${upTo}.`);
  };
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
