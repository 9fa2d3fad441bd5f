/**
 * poll() over ten sources with a timeout: an entry on each source's queue marks the source as ready on one list.
 * Run it: npx tsx examples/05-poll.ts
 */
import { TimeoutError, WaitEntry, WaitQueue, waitUntil, WOKEN } from 'wakechain';

/** Something that becomes readable: a queue, and a count of what can be read. */
class Source {
  readonly changed = new WaitQueue();
  readable = 0;

  arrive(): void {
    this.readable++;
    this.changed.wake();
  }
}

/** The sources that can be read, as soon as there is one; none when the time is up. */
async function poll(sources: readonly Source[], timeoutMs: number): Promise<Source[]> {
  // Check, listen: all of it happens in one turn, so nothing can arrive in between.
  const ready = new Set(sources.filter((source) => source.readable > 0));
  const marked = new WaitQueue();
  const entries = sources.map((source) => {
    const entry = new WaitEntry(() => {
      ready.add(source);
      marked.wake();
      return WOKEN;
    });
    source.changed.add(entry);
    return entry;
  });
  try {
    await waitUntil(marked, () => ready.size > 0, { timeoutMs });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  } finally {
    for (const entry of entries) entry[Symbol.dispose]();
  }
  return [...ready];
}

const sources = Array.from({ length: 10 }, () => new Source());
const numbers = (found: Source[]): string => found.map((source) => sources.indexOf(source)).join(', ') || 'none';

setTimeout(() => {
  sources[7]?.arrive();
  sources[3]?.arrive(); // in the same turn: both are on the list when the sleeper resumes
}, 5);
console.log(`after a wait: ${numbers(await poll(sources, 1000))}`);
console.log(`at once: ${numbers(await poll(sources, 1000))}`);
for (const source of sources) source.readable = 0;
console.log(`within 5 ms: ${numbers(await poll(sources, 5))}`);
console.log(`entries left behind: ${sources.reduce((sum, source) => sum + source.changed.size, 0)}`);
