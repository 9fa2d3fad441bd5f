import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { shortStack } from '../../lib/cli/stack-flags.js';
import { openStack } from '../../lib/stack/index.js';
import { useFolder, type Folder } from '../compare/support.js';
import { buildCommand, wakechain, type Ended } from './support.js';

/** A folder for disks, and the built command in it. */
interface Disks extends Folder {
  /** Runs the command with its arguments in one line; `DIR` is the folder. */
  run(line: string, env?: NodeJS.ProcessEnv): Promise<Ended>;
  /** Writes noise over a file. */
  damage(name: string, position: number, length: number): void;
  /** Writes to all of a stack that flags name. */
  fill(flags: readonly string[]): Promise<void>;
}

export function useDisks(): Disks {
  before(buildCommand);
  const folder = useFolder();
  return {
    get path() {
      return folder.path;
    },
    get tmp() {
      return folder.tmp;
    },
    left: () => folder.left(),
    run: (line, env = {}) => wakechain(line.replaceAll('DIR', folder.path).split(' '), { tmp: folder.tmp, env }),
    damage: (name, position, length) => {
      const file = openSync(join(folder.path, name), 'r+');
      writeSync(file, new Uint8Array(length).fill(0xa5), 0, length, position);
      closeSync(file);
    },
    fill: async (flags) => {
      const layers = flags.at(flags.indexOf('--layers') + 1) ?? '';
      const description = { device: shortStack({ file: flags.slice(1, flags.indexOf('--layers')), layers }) };
      await using stack = await openStack(description);
      const pages = stack.pool.allocate(stack.top.size);
      pages.set(new Uint8Array(stack.top.size).fill(0x5a));
      await stack.top.write(pages.range(0, stack.top.size), { position: 0, fua: true });
    },
  };
}
