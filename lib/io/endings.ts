/*
 * The one place where completion is flattened, for the designs that do not run on lib/event (I2): an end that comes
 * while another is being passed up waits until that has been, so that chains of any depth, and queues of any length
 * over a device that answers at once, stay flat.
 */

/** A header whose end is to be passed up. */
export interface Ending {
  /** Linkage; null at rest. */
  nextEnding: Ending | null;
  /** Passes the end up as far as it goes. */
  passUp(): void;
}

let first: Ending | null = null;
let last: Ending | null = null;
let passing = false;

/** Passes a header's end up: now, or when the end under way has been. */
export function ended(header: Ending): void {
  if (last === null) first = header;
  else last.nextEnding = header;
  last = header;
  if (!passing) keepingEnds(null);
}

/** Runs `body` with every end that it brings kept back until it has returned, then passes them up in order. */
export function keepingEnds(body: (() => void) | null): void {
  if (passing) {
    body?.();
    return;
  }
  passing = true;
  try {
    body?.();
    for (let next = first; next !== null; next = first) {
      first = next.nextEnding;
      next.nextEnding = null;
      if (first === null) last = null;
      next.passUp();
    }
  } finally {
    passing = false;
  }
}
