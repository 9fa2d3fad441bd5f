import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listens } from '../../spec/real/listens.js';

/** How a server is started: its program, and arguments that name its socket. */
export interface Contender {
  readonly name: string;
  /** Ours, or a peer of whom the best one counts. */
  readonly ours: boolean;
  start(folder: string, socket: string): Promise<readonly [program: string, ...args: string[]]>;
}

/** Bytes of every disk; files are in the page cache. */
export const SIZE: number = 64 * 1024 * 1024;

const command = 'dist/cli/main.js';

/** A stack of ours, served by the command. */
export function ours(name: string, describe: (folder: string) => unknown): Contender {
  return {
    name,
    ours: true,
    start: async (folder, socket) => {
      const stack = `${socket}.json`;
      await writeFile(stack, JSON.stringify({ device: describe(folder) }));
      return [process.execPath, command, 'serve', stack, '--socket', socket];
    },
  };
}

/** A server in one thread of Node that does little more than it has to, of memory or of files that are written alike. */
export function bare(...files: readonly ((folder: string) => string)[]): Contender {
  const program = [process.execPath, '--import', 'tsx', 'bench/nbd/bare-server.ts'] as const;
  return {
    name: 'bare',
    ours: true,
    start: (folder, socket) =>
      Promise.resolve([...program, socket, String(SIZE), ...files.map((file) => file(folder))]),
  };
}

/** nbdkit with its default of threads, and with one, which contend less on two cores. */
export function nbdkit(filters: readonly string[], plugin: (folder: string) => string[]): Contender[] {
  const chosen = filters.map((filter) => `--filter=${filter}`);
  return [[], ['-t', '1']].map((threads) => ({
    name: ['nbdkit', ...threads].join(' '),
    ours: false,
    start: (folder, socket) =>
      Promise.resolve(['nbdkit', '-f', ...threads, ...chosen, '-U', socket, ...plugin(folder)]),
  }));
}

export function qemuNbd(options: (folder: string) => string[]): Contender {
  const common = ['--persistent', '--shared=0', '--cache=writeback'];
  return {
    name: 'qemu-nbd',
    ours: false,
    start: (folder, socket) => Promise.resolve(['qemu-nbd', ...common, '-k', socket, ...options(folder)]),
  };
}

/** A server that runs. */
export class Server {
  readonly contender: Contender;
  readonly uri: string;
  private readonly child: ChildProcess;

  private constructor(contender: Contender, socket: string, child: ChildProcess) {
    this.contender = contender;
    this.uri = `nbd+unix:///?socket=${socket}`;
    this.child = child;
  }

  /** Starts it, and waits until it listens. */
  static async start(contender: Contender, folder: string, number: number): Promise<Server> {
    const socket = join(folder, `${String(number)}.sock`);
    const [program, ...args] = await contender.start(folder, socket);
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    running.add(child);
    for (let tries = 0; !(await listens(socket)); tries++) {
      if (child.exitCode !== null || tries > 1000)
        throw new Error(`${contender.name} did not start: ${args.join(' ')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return new Server(contender, socket, child);
  }

  /** Without ceremony: what is on the disks is noise. */
  stop(): void {
    running.delete(this.child);
    this.child.kill('SIGKILL');
  }
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
