import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The host may still hold what it ran last; of so many it is not asked. */
export const LAST = 3;

/** How many of the objects but the last few the collector cannot take away. It may need several turns for what hangs on weak maps. */
export async function alive(objects: readonly WeakRef<object>[]): Promise<number> {
  const asked = objects.slice(0, -LAST);
  let left = asked.length;
  for (let turn = 0; turn < 50 && (turn === 0 || left > 0); turn++) {
    // A turn keeps what it has looked at.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    left = asked.filter((object) => object.deref() !== undefined).length;
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
