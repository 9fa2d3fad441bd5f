import type { Command } from 'commander';
import { OptionError } from '../io/index.js';
import { DEFAULT_LIMITS, limitsOf, type NbdLimits } from '../nbd/limits.js';
import { byteCount, bytesText, timeSpan, timeText, wholeNumber } from './numbers.js';
import { wrongCall } from './stack-flags.js';

/** What an option of a limit takes, and how its default is told. */
interface Kind {
  readonly value: string;
  readonly parse: (text: string) => number;
  readonly text: (value: number) => string;
}

const bytes: Kind = { value: 'bytes', parse: byteCount, text: bytesText };
const count: Kind = { value: 'n', parse: wholeNumber(1), text: String };
const time: Kind = { value: 'time', parse: timeSpan, text: timeText };

type Row = readonly [flag: string, kind: Kind, what: string];

/** An option for each limit. */
const FLAGS: Readonly<Record<keyof NbdLimits, Row>> = {
  requestBytes: ['max-request-size', bytes, 'what one request may read or write'],
  connectionBytes: ['max-connection-bytes', bytes, 'what one client may have in flight'],
  totalBytes: ['max-total-bytes', bytes, 'what all clients together may have in flight'],
  connectionRequests: ['max-connection-requests', count, 'requests that one client may have in flight'],
  connections: ['max-connections', count, 'connections at a time'],
  optionBytes: ['max-option-size', bytes, 'one option of the handshake'],
  options: ['max-options', count, 'options in one handshake'],
  handshakeMs: ['handshake-time', time, 'from a connection to its first request'],
  stallMs: ['stall-time', time, 'for which a payload or replies may come to a standstill'],
};

const NAMES = Object.keys(FLAGS) as (keyof NbdLimits)[];

/** Adds what bounds clients to a command. */
export function withLimitFlags(command: Command): Command {
  command.optionsGroup('What clients may use up:');
  for (const name of NAMES) {
    const [flag, { value, parse, text }, what] = FLAGS[name];
    command.option(`--${flag} <${value}>`, `${what} (default: ${text(DEFAULT_LIMITS[name])})`, parse);
  }
  return command;
}

/**
 * The limits that were asked for.
 * @param flags the options that a command was given, as commander names them
 * @throws ArgumentError `ERR_CALL` for those that are out of range or contradict each other
 */
export function limitsFrom(flags: object): Partial<NbdLimits> {
  const limits: Partial<Record<keyof NbdLimits, number>> = {};
  for (const name of NAMES) {
    const value = (flags as Readonly<Record<string, unknown>>)[camelCase(FLAGS[name][0])];
    if (typeof value === 'number') limits[name] = value;
  }
  try {
    limitsOf(limits);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    // The caller knows them by other names.
    throw wrongCall(`--${FLAGS[error.option as keyof NbdLimits][0]} ${error.why}`);
  }
  return limits;
}

function camelCase(flag: string): string {
  return flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
