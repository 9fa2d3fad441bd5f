import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));
export const built: string = join(root, 'dist/cli/main.js');

/**
 * Builds the command when it is not there or older than its sources: the test command has done so before. Where mutants are
 * judged there are no scripts, and what is built is what each of them was compiled to.
 */
export function buildCommand(): void {
  const script = join(root, 'scripts/build-if-stale.ts');
  if (!existsSync(script) && existsSync(built)) return;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0 || !existsSync(built))
    throw new Error(`${built} is missing and could not be built: ${stdout}${stderr}`);
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly running: boolean;
  kill(signal: NodeJS.Signals): void;
  type(text: string): void;
  readonly ended: Promise<Ended>;
}

interface Surroundings {
  /** Its temporary directory. */
  readonly tmp: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Starts a program; what it prints is kept. */
export function start(program: string, args: readonly string[], { tmp, env, cwd }: Surroundings): Child {
  const { NODE_V8_COVERAGE, ...rest } = process.env;
  // What is built is not measured for coverage; the sources are.
  const measured = args.includes('tsx') ? { NODE_V8_COVERAGE } : {};
  const child = spawn(program, args, {
    cwd: cwd ?? root,
    env: { ...rest, ...measured, FORCE_COLOR: undefined, NO_COLOR: undefined, TMPDIR: tmp, ...env },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {
    // It ended before it had read everything.
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    kill: (signal) => void child.kill(signal),
    type: (text) => void child.stdin.write(text),
    ended,
  };
}

/** Runs the built command to its end. */
export async function wakechain(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  return start(process.execPath, [built, ...args], surroundings).ended;
}

/** Waits until something is the case with a running child; fails when it ends before. */
export async function until(child: Child, condition: () => boolean): Promise<void> {
  while (!condition()) {
    if (!child.running) throw new Error(`it ended too early: ${JSON.stringify(await child.ended)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Bytes that a process has read and written by system calls. */
export function transferred(pid: number): { read: number; written: number } {
  const text = readFileSync(`/proc/${pid}/io`, 'utf8');
  const [, read, written] = /rchar: (\d+)\nwchar: (\d+)/.exec(text) ?? [];
  return { read: Number(read), written: Number(written) };
}

/** Whether a command handles interrupts by now: Node has handlers for two of them from the start, and none for a hang-up. */
export function takesInterrupts(pid: number): boolean {
  const [, caught = '0'] = /SigCgt:\t([0-9a-f]+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (BigInt(`0x${caught}`) & 1n) === 1n;
}

/** Seconds of processor time that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Whether the system tells what a process has done so far. */
export const hasProc: boolean = existsSync('/proc/self/io');

/** Whether a program runs here. */
export function has(program: string, ...args: string[]): boolean {
  return spawnSync(program, args).status === 0;
}
