import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** How many of the objects the collector cannot take away. It may need several turns for what hangs on weak maps. */
export async function alive(objects: readonly WeakRef<object>[]): Promise<number> {
  let left = objects.length;
  for (let turn = 0; turn < 5 && left > 0; turn++) {
    // A turn keeps what it has looked at.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    left = objects.filter((object) => object.deref() !== undefined).length;
  }
  return left;
}

/** The warnings that the process prints while `body` runs, such as those about many listeners. */
export async function warningsOf(body: () => unknown): Promise<string[]> {
  const warnings: string[] = [];
  const note = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', note);
  try {
    await body();
    // They are printed in a turn of their own.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', note);
  }
  return warnings;
}
