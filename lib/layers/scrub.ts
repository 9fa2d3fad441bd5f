import type { BlockDevice } from '../io/device.js';
import type { ScrubProblem } from './scrub-findings.js';

/** How a device is scrubbed. */
export interface ScrubOptions {
  /** Write what is right over what is wrong. Default false: only tell. */
  repair?: boolean;
  /** Interrupts it when it aborts, between two steps. */
  signal?: AbortSignal;
  /** Told of bytes that have been checked, of so many, after each step. */
  onProgress?: (done: number, total: number) => void;
}

/** What a scrub has found. Numbers are bytes, in whole blocks. */
export interface ScrubReport {
  /** The device's name. */
  readonly device: string;
  readonly checked: number;
  /** That differ from the other members, from the parity of the others, or from their checksum. */
  readonly mismatched: number;
  /** That a member, or the device below, could not read. */
  readonly unreadable: number;
  /** Of the two above, those that were written over with what is right. */
  readonly repaired: number;
  /** Where they are, in order of position: the first thousand ranges. */
  readonly problems: readonly ScrubProblem[];
}

/** A device that can look whether what it keeps several times, or has sums of, is as it should be. */
export interface Scrubbable extends BlockDevice {
  scrub(options?: ScrubOptions): Promise<ScrubReport>;
}

/** Bytes that are looked at in one step, and locked meanwhile. */
export const SCRUB_CHUNK: number = 256 * 1024;

export function isScrubbable(device: BlockDevice): device is Scrubbable {
  return 'scrub' in device && typeof device.scrub === 'function';
}

/**
 * Scrubs every device of a stack that can be, from the top, each once, while requests go on. So a `Mirror` heals what the
 * `Checksum` below a member has found wrong before that one looks for itself. Where nothing is to be repaired it goes from
 * the bottom: what a layer heals for its reader, as a `Mirror` does, has been told of by then. Reports come from the top.
 * @throws what `signal` aborts with; StateError `ERR_CLOSED` when a device is closed meanwhile; IoError `ENOMEM`
 */
export async function scrub(device: BlockDevice, options: ScrubOptions = {}): Promise<ScrubReport[]> {
  const stack = new Set<BlockDevice>([device]);
  for (const each of stack) for (const lower of each.lowers) stack.add(lower);
  const all = [...stack].filter(isScrubbable);
  const total = all.reduce((sum, { size }) => sum + size, 0);
  const reports: ScrubReport[] = [];
  let before = 0;
  for (const each of options.repair === true ? all : [...all].reverse()) {
    const onProgress = (done: number): void => options.onProgress?.(before + done, total);
    reports.push(await each.scrub({ ...options, onProgress }));
    before += each.size;
  }
  return options.repair === true ? reports : reports.reverse();
}

/** Whether anything that was found is still wrong. */
export function hasProblems({ mismatched, unreadable, repaired }: ScrubReport): boolean {
  return mismatched + unreadable > repaired;
}
