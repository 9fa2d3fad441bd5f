import { PageVector, type PageRange, type Run } from './pages.js';

/**
 * Ranges of page vectors, also of several pools, as one vector behind each other, without a copy: one request reads into
 * all of them, or writes them all (`readv`, `writev`). The pages stay those of their vectors: freeing the joined vector
 * gives none back, and it counts as freed once one of them is. Costs O(contiguous runs).
 * @throws ArgumentRangeError `ERR_RANGE` for a range that is not of its vector; StateError `ERR_FREED`
 */
export function joinPages(ranges: readonly PageRange[]): PageVector {
  const runs: Run[] = [];
  for (const { pages, offset, length } of ranges) {
    for (const run of pages.slices(offset, length)) {
      const last = runs.at(-1);
      if (last !== undefined && last.buffer === run.buffer && last.start + last.length === run.start) {
        runs[runs.length - 1] = { ...last, length: last.length + run.length };
      } else runs.push(run);
    }
  }
  const vectors = new Set(ranges.map(({ pages }) => pages));
  return new PageVector(runs, null, [...vectors]);
}
