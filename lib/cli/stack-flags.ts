import { readFile } from 'node:fs/promises';
import { Argument, type Command } from 'commander';
import { ArgumentError } from '../wait/errors.js';
import type { DeviceDescription, StackDescription } from '../stack/index.js';
import { devicesOf } from '../stack/lowers.js';
import { isJson } from './is-json.js';
import { loadStack } from './load-stack.js';
import { byteCount } from './numbers.js';

/** How a call names a stack: the options that make a description of one. */
export interface StackFlags {
  file?: string[];
  layers?: string;
  size?: number;
  keyFile?: string;
  threads?: number;
  /** Nothing is going to be written to it. */
  readOnly?: boolean;
}

/** What a description in a file says itself. */
const ONLY_WITH_FILE = ['layers', 'size', 'keyFile', 'threads'] as const;

/** The variable that a key is taken from when no file is named. */
const KEY_VARIABLE = 'WAKECHAIN_KEY';

type Single = (lower: DeviceDescription, flags: StackFlags) => DeviceDescription;
type Joining = (members: DeviceDescription[]) => DeviceDescription;

const singles: Record<string, Single> = {
  pass: (lower) => ({ type: 'pass', lower }),
  crypt: (lower, { keyFile, threads }) => ({ type: 'crypt', lower, ...(threads === undefined ? {} : { threads }), ...(keyFile === undefined ? { keyEnv: KEY_VARIABLE } : { keyFile }) }), // prettier-ignore
  checksum: (lower) => ({ type: 'checksum', lower }),
  cache: (lower) => ({ type: 'cache', lower, lines: 4096 }),
  retry: (lower) => ({ type: 'retry', lower }),
  queue: (lower) => ({ type: 'queue', lower, depth: 32 }),
};

const joining: Record<string, Joining> = {
  mirror: (members) => ({ type: 'mirror', members }),
  parity: (members) => ({ type: 'parity', members }),
  stripe: (members) => ({ type: 'stripe', members }),
  linear: (members) => ({ type: 'linear', segments: members.map((device) => ({ device })) }),
};

/** Adds what names a stack to a command. */
export function withStackFlags(command: Command): Command {
  const all = [...Object.keys(singles), ...Object.keys(joining)].join(', ');
  return command
    .addArgument(new Argument('[stack]', 'a JSON file with the description of the stack'))
    .option('--file <path...>', 'instead of a description: the backing file, or files')
    .option(
      '--layers <list>',
      `what stands on them, from the top, separated by commas: ${all}; below one that joins files, of each file`,
    )
    .option('--size <bytes>', 'the size of each file that create makes, such as 64M', byteCount)
    .option('--key-file <path>', `the key of crypt, 64 bytes (default: hex digits in the variable ${KEY_VARIABLE})`);
}

/**
 * The description that a call names.
 * @throws ArgumentError `ERR_CALL` for one that is none, and says why; the system's error when the file cannot be read
 */
export async function describedBy(path: string | undefined, flags: StackFlags): Promise<StackDescription> {
  const { parseDescription } = await loadStack();
  if ((path === undefined) === (flags.file === undefined)) {
    throw wrongCall('name a stack: either a JSON file with its description, or --file with --layers');
  }
  if (path === undefined) return { device: shortStack(flags) };
  const stray = ONLY_WITH_FILE.find((name) => flags[name] !== undefined);
  if (stray !== undefined)
    throw wrongCall(`--${dashed(stray)} goes with --file: ${path} says itself what it is made of`);
  if (!(await isJson(path)))
    throw wrongCall(`${path} is no description of a stack in JSON; name a backing file with --file`);
  const text = await readFile(path, 'utf8');
  try {
    return parseDescription(JSON.parse(text));
  } catch (error) {
    // What is told of bad JSON has some of it, line breaks and all.
    throw wrongCall(`${path}: ${(error as Error).message.replace(/\s+/g, ' ')}`);
  }
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A stack from short flags. @throws ArgumentError `ERR_CALL` */
export function shortStack(flags: StackFlags): DeviceDescription {
  const names = (flags.layers ?? '').split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !Object.hasOwn(singles, name) && !Object.hasOwn(joining, name));
  if (unknown !== undefined) throw wrongCall(`--layers knows no '${unknown}'`);
  const joins = names.filter((name) => Object.hasOwn(joining, name));
  const files = (flags.file ?? []).map((path) => {
    const thread = (flags.threads ?? 0) > 0 ? { thread: true } : {};
    return { type: 'file' as const, path, ...thread, ...(flags.size === undefined ? {} : { size: flags.size }) };
  });
  const [file] = files;
  if (file === undefined) throw wrongCall('--file must name at least one file');
  if (joins.length > 1) throw wrongCall(`--layers takes one that joins files, got ${joins.join(', ')}`);
  if (joins.length === 0 && files.length > 1) {
    throw wrongCall(`several files need one of ${Object.keys(joining).join(', ')} among --layers`);
  }
  const at = joins.length === 0 ? names.length : names.indexOf(joins[0] ?? '');
  const above = names.slice(0, at);
  const below = names.slice(at + 1);
  const join = joining[joins[0] ?? ''];
  const bottom =
    join === undefined ? file : join(files.map((device) => named(stacked(below, device, flags), device.path)));
  return stacked(above, bottom, flags);
}

/** Layers, named from the top, over a device. */
function stacked(names: readonly string[], device: DeviceDescription, flags: StackFlags): DeviceDescription {
  return names.reduceRight((lower, name) => singles[name]?.(lower, flags) ?? lower, device);
}

/** Reports tell of several: which one is said by the file. */
function named(description: DeviceDescription, path: string): DeviceDescription {
  return description.type === 'file' ? description : { ...description, name: `${description.type} of ${path}` };
}

/** An error that the call is to blame for: exit code 2. */
export function wrongCall(message: string): ArgumentError {
  return new ArgumentError('ERR_CALL', message);
}

/** The files of a stack. */
export function filesOf(device: DeviceDescription): Extract<DeviceDescription, { type: 'file' }>[] {
  return devicesOf(device).filter((each) => each.type === 'file');
}
