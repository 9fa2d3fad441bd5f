import { bioChain } from '../../lib/compare/rivals/bio-chain.js';
import { stackLocations } from '../../lib/compare/rivals/stack-locations.js';
import type { Strategy } from '../../lib/io/io.js';
import { cloneKiobuf } from '../../lib/io/strategy/clone.js';
import { cloneKiobufTracked } from '../../lib/io/strategy/clone-tracked.js';
import { compoundEvent } from '../../lib/io/strategy/compound-event.js';
import { waitQueue } from '../../lib/io/strategy/wait-queue.js';

/** A design with what its structures cost, from which the specs compute the counts of any stack. */
export interface Design {
  readonly strategy: Strategy;
  /** Headers made for each request that reaches a passing or substituting layer. */
  readonly headersPerPass: number;
  /** Links made for each of these, for each split and for each of its pieces. */
  readonly linksPerPass: number;
  readonly linksPerSplit: number;
  readonly linksPerPiece: number;
  /** Links reserved in each header for each layer that it may have to cross. */
  readonly linksPerLayerBelow: number;
  /** Whether a header knows of a cancel without asking its ancestors, so that nothing is sent on after one. */
  readonly knowsOfCancel: boolean;
  /** What a cancel looks at, of a request with so many pieces that all wait, while `all` wait anywhere. */
  visited(pieces: number, all: number): number;
}

const piecesAndPlaces = (pieces: number): number => 2 * pieces;
const everything = (_: number, all: number): number => all;
const pieces = (count: number): number => count;

/** Every design: one line adds another to all suites. */
export const designs: readonly Design[] = [
  // A callback per layer; a notifier, `done` in front of it and a canceller per sub-event.
  {
    strategy: compoundEvent,
    knowsOfCancel: true,
    headersPerPass: 0,
    linksPerPass: 1,
    linksPerSplit: 1,
    linksPerPiece: 3,
    linksPerLayerBelow: 0,
    visited: piecesAndPlaces,
  },
  // A `lev` per layer; a `cev_wait` on the parent and one on each piece.
  {
    strategy: waitQueue,
    knowsOfCancel: true,
    headersPerPass: 0,
    linksPerPass: 1,
    linksPerSplit: 1,
    linksPerPiece: 1,
    linksPerLayerBelow: 0,
    visited: piecesAndPlaces,
  },
  {
    strategy: cloneKiobuf,
    knowsOfCancel: false,
    headersPerPass: 1,
    linksPerPass: 0,
    linksPerSplit: 0,
    linksPerPiece: 0,
    linksPerLayerBelow: 0,
    visited: everything,
  },
  // An index entry per clone.
  {
    strategy: cloneKiobufTracked,
    knowsOfCancel: true,
    headersPerPass: 1,
    linksPerPass: 1,
    linksPerSplit: 0,
    linksPerPiece: 1,
    linksPerLayerBelow: 0,
    visited: pieces,
  },
  // A clone per layer; a piece is chained to what it was split from, which no entry leads away from.
  {
    strategy: bioChain,
    knowsOfCancel: false,
    headersPerPass: 1,
    linksPerPass: 0,
    linksPerSplit: 0,
    linksPerPiece: 0,
    linksPerLayerBelow: 0,
    visited: everything,
  },
  // One packet, and one for each piece, with a location for each layer below.
  {
    strategy: stackLocations,
    knowsOfCancel: true,
    headersPerPass: 0,
    linksPerPass: 0,
    linksPerSplit: 0,
    linksPerPiece: 0,
    linksPerLayerBelow: 1,
    visited: pieces,
  },
];
