import { spawn, spawnSync, type ChildProcess } from 'node:child_process';

/*
 * Programs of others that the specs use where they are installed. What runs is killed after its time, and whatever is
 * left of it at the end of the specs as well.
 */

/** Set where all programs are to be there: then one that is missing fails its specs instead of skipping them. */
const mustBeThere = process.env['WAKECHAIN_ALL_PROGRAMS'] === '1';

const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
const env = { ...process.env, PATH: path, NODE_V8_COVERAGE: undefined, LC_ALL: 'C' };

const found = new Map<string, boolean>();

/** The programs among these that are not installed. */
function missing(programs: readonly string[]): string[] {
  return programs.filter((program) => {
    const known = found.get(program) ?? spawnSync('sh', ['-c', `command -v ${program}`], { env }).status === 0;
    found.set(program, known);
    return !known;
  });
}

/** `it`, for a test that needs programs: where one is missing, and need not be there, it is skipped and its title says why. */
export function itWith(programs: readonly string[], title: string, body: (this: Mocha.Context) => Promise<void>): void {
  const lacking = missing(programs);
  if (lacking.length === 0 || mustBeThere) it(title, body);
  else it.skip(`${title} (skipped: ${lacking.join(', ')} not installed)`, body);
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<ChildProcess>();

/** Runs a program to its end. */
export function run(
  program: string,
  args: readonly string[],
  options: { timeoutMs?: number; cwd?: string } = {},
): Promise<Ended> {
  const { timeoutMs = 30_000, cwd } = options;
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
}

/** Runs a program that has to succeed; answers what it printed. */
export async function check(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(program, args);
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')}: exit code ${String(code)}\n${stdout}${stderr}`);
  return stdout;
}

/** A program that goes on until it is stopped. */
export interface Running {
  readonly pid: number;
  readonly output: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a program and waits until something is the case, at least half a minute. */
export async function startUntil(
  program: string,
  args: readonly string[],
  ready: (output: string) => boolean | Promise<boolean>,
): Promise<Running> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve();
    });
    child.once('close', () => {
      running.delete(child);
      resolve();
    });
  });
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  for (let tries = 0; !(await ready(output)); tries++) {
    if (!alive() || tries > 3000) {
      child.kill('SIGKILL');
      throw new Error(`${[program, ...args].join(' ')} is not ready: ${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    pid: child.pid ?? 0,
    get output() {
      return output;
    },
    async stop(signal = 'SIGTERM') {
      if (alive()) child.kill(signal);
      const late = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(late);
    },
  };
}

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
