import { closeSync, fstatSync, openSync, rmSync, statSync, writeFileSync, type BigIntStats } from 'node:fs';

const NOTHING = new Uint8Array(0);

/**
 * Files that a command makes. Unless it keeps them they are removed when the process ends, however it does; of what was
 * there before, or has come to be there since, nothing is. Files are made by calls that block, so that no interrupt comes
 * between making one and knowing so.
 */
export class MadeFiles implements Disposable {
  /** Which file it is, by the path that it was made by. */
  private readonly files = new Map<string, string>();
  private readonly areUsed: () => boolean;
  private readonly onExit = (): void => {
    this.remove();
  };

  /** @param areUsed tells when they would be removed whether something stands on them by now, so that they stay */
  constructor(areUsed: () => boolean = () => false) {
    this.areUsed = areUsed;
    process.on('exit', this.onExit);
  }

  /** The paths of those that are there. */
  get paths(): readonly string[] {
    return [...this.files.keys()];
  }

  /** Makes a file, if there is none. Answers whether it has. @throws the system's error when it cannot be made */
  make(path: string, content: Uint8Array = NOTHING, mode = 0o666): boolean {
    let file: number;
    try {
      file = openSync(path, 'wx', mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
    try {
      this.files.set(path, identityOf(fstatSync(file, { bigint: true })));
      writeFileSync(file, content);
    } finally {
      closeSync(file);
    }
    return true;
  }

  /** A file is somebody else's. */
  leave(path: string): void {
    this.files.delete(path);
  }

  /** They are what was wanted: none is removed any more. */
  keep(): void {
    this.files.clear();
  }

  /** Removes them, and tells on stderr of those that it cannot. Answers which it has. */
  remove(): string[] {
    const removed: string[] = [];
    if (this.areUsed()) this.keep();
    for (const [path, identity] of this.files) {
      try {
        if (identityOf(statSync(path, { bigint: true })) !== identity) continue;
        rmSync(path);
        removed.push(path);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT') process.stderr.write(`wakechain: what was made is left: ${message}\n`);
      }
    }
    this.files.clear();
    return removed;
  }

  /** Removes what was not kept. */
  [Symbol.dispose](): void {
    this.remove();
    process.removeListener('exit', this.onExit);
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${String(dev)}:${String(ino)}`;
}
