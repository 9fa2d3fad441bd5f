import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** The kind of machine that figures were taken on. */
export interface Machine {
  /** Such as `Node.js v20.20.2`. */
  readonly runtime: string;
  readonly cpu: string;
  /** That the process may use. */
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  /** The system and its kernel, without what a distribution or an owner has added to the version. */
  readonly system: string;
}

export function machine(): Machine {
  const [kernel = release()] = /^\d+(\.\d+)*/.exec(release()) ?? [];
  return {
    runtime: `Node.js ${process.version}`,
    cpu: cpus()[0]?.model.trim() ?? arch(),
    cores: availableParallelism(),
    memory: totalmem(),
    system: `${type()} ${kernel} on ${arch()}`,
  };
}
