/**
 * What the designs do, counted where it happens: the comparison's exact figures. Plain numbers that only grow; a meter
 * takes the difference. Counting costs every design the same.
 */
export interface Counters {
  /** Headers made: containers, pieces, clones. */
  headers: number;
  /** Entries and links made to join or to layer headers. */
  links: number;
  /** Calls of `layer.done`. */
  callbacks: number;
  /** Headers looked at to find what a cancel can pull. */
  visited: number;
}

/** Counted since the process began, over all designs: the comparison takes differences. */
export const counters: Counters = { headers: 0, links: 0, callbacks: 0, visited: 0 };
