import { ArgumentError } from '../../wait/errors.js';

/** One operation of a trace, on a file or device that has a name in it. When it was begun is left out: replays do not wait. */
export interface TraceOperation {
  readonly operation: 'read' | 'write' | 'flush' | 'discard';
  /** Of a flush, which is of everything, it does not matter. */
  readonly device: string;
  /** Bytes from the start of the device, and how many. Both 0 of a flush. */
  readonly offset: number;
  readonly length: number;
}

/** A whole number from 0 up. @throws ArgumentError `ERR_TRACE` naming the line and what stands there */
export function numberIn(text: string | undefined, what: string, line: number): number {
  const value = Number(text);
  if (text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw wrongLine(line, `${what} must be a whole number from 0 up, got '${String(text)}'`);
}

/** What a line that cannot be understood is refused with. */
export function wrongLine(line: number, why: string): ArgumentError {
  return new ArgumentError('ERR_TRACE', `Line ${String(line)} of the trace: ${why}`);
}

/** The lines that have something on them, with their numbers from 1 up. */
export function linesOf(text: string): { number: number; line: string }[] {
  return text.split(/\r?\n/).flatMap((line, i) => (line.trim() === '' ? [] : [{ number: i + 1, line: line.trim() }]));
}
