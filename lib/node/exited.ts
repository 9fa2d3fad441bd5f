import { getSystemErrorName } from 'node:util';
import { fromEmitter } from '../adapters/from-emitter.js';
import { tidyEntry } from '../event/callbacks.js';
import { Completion } from '../event/completion.js';
import type { StreamLike } from './finished.js';

/** What is used of a ChildProcess. */
export interface ChildLike extends StreamLike {
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
 * after. With `kill`, cancelling it sends that signal and leaves the process to exit: `cancel` answers `requested`, and
 * the completion has the exit. Without, cancelling it only lets go.
 */
export function exited(child: ChildLike, options?: { kill?: string }): Completion<Exit> {
  const completion = new Completion<Exit>();
  const { exitCode, signalCode } = child;
  // A process that could not be started keeps what the system said, in place of a code.
  if (exitCode !== null && exitCode < 0) completion.fail(spawnError(child, exitCode));
  else if (exitCode !== null || signalCode !== null) completion.complete({ code: exitCode, signal: signalCode });
  if (completion.settled) return completion;
  const exit = fromEmitter(child, 'exit');
  exit.notify(({ state, error }) => {
    if (state === 'done')
      completion.complete({ code: exit.value[0] as number | null, signal: exit.value[1] as string });
    else if (state === 'failed') completion.fail(error);
  });
  completion.add(
    tidyEntry(() => {
      exit.cancel();
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
