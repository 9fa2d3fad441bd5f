import { getSystemErrorName } from 'node:util';
import { hubOfEmitter } from '../adapters/emitter-hub.js';
import { tidyEntry } from '../event/callbacks.js';
import { Completion } from '../event/completion.js';
import { PASS, WaitEntry, WOKEN } from '../wait/entry.js';
import type { StreamLike } from './finished.js';

/** What is used of a ChildProcess. */
export interface ChildLike extends StreamLike {
  /** Undefined of one that could not be started. */
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
  readonly spawnfile?: string;
  readonly spawnargs?: readonly string[];
  kill(signal?: never): boolean;
}

/** How a process ended: with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/**
 * Completes with how a child process has ended, also if it had before; fails when it could not be started, before or
 * after. An `error` of one that runs (a kill that failed, a message that could not be sent, the abort of its signal) ends
 * nothing: it is waited for until it has exited. With `kill`, cancelling it sends that signal and leaves the process to
 * exit: `cancel` answers `requested`, and the completion has the exit. Without, cancelling it only lets go.
 */
export function exited(child: ChildLike, options?: { kill?: string }): Completion<Exit> {
  const completion = new Completion<Exit>();
  const { exitCode, signalCode } = child;
  // A process that could not be started keeps what the system said, in place of a code.
  if (exitCode !== null && exitCode < 0) completion.fail(spawnError(child, exitCode));
  else if (exitCode !== null || signalCode !== null) completion.complete({ code: exitCode, signal: signalCode });
  if (completion.settled) return completion;
  const came = new WaitEntry((_entry, args) => {
    const [code, signal] = args as [number | null, string | null];
    return completion.complete({ code, signal }) ? WOKEN : PASS;
  });
  const failed = new WaitEntry((_entry, args) => {
    return child.pid === undefined && completion.fail((args as unknown[])[0]) ? WOKEN : PASS;
  });
  hubOfEmitter(child, 'exit').add(came);
  hubOfEmitter(child, 'error').add(failed);
  completion.add(
    tidyEntry(() => {
      came[Symbol.dispose]();
      failed[Symbol.dispose]();
    }),
  );
  const kill = options?.kill;
  if (kill !== undefined) completion.onCancel(() => !child.kill(kill as never));
  return completion;
}

/** The error that was emitted, made again: Node keeps only its number. */
function spawnError({ spawnfile = '', spawnargs = [] }: ChildLike, errno: number): Error {
  const code = getSystemErrorName(errno);
  const syscall = `spawn ${spawnfile}`;
  const about = { errno, code, syscall, path: spawnfile, spawnargs: spawnargs.slice(1) };
  return Object.assign(new Error(`${syscall} ${code}`), about);
}
