/** What a request meets on its way, counted by hand from the picture of a stack. */
interface Shape {
  /** Over every passing layer, the requests that reach it. */
  readonly passes: number;
  /** Of these, those through a layer that could have carved it up, and passes it on elsewhere as a whole. */
  readonly moves: number;
  /** All pieces. */
  readonly pieces: number;
  /** Requests that were carved up. */
  readonly splits: number;
  /** What reaches devices at the bottom. */
  readonly transfers: number;
  /** Layers above the bottom under the request, and those under each piece, added up: what NT's packets have locations for. */
  readonly locations: number;
}

interface Counts {
  readonly headers: number;
  readonly links: number;
  readonly callbacks: number;
  readonly visited: number;
  readonly operations: number;
}

/** What each design is to have made of a request through a shape, and how often layers were told of an end. */
export function countsOf(shape: Shape): Record<string, Counts> {
  const { passes, moves, pieces, splits, transfers, locations } = shape;
  const common = { callbacks: passes + splits, visited: 0, operations: transfers };
  const container = 1 + pieces;
  const clones = 1 + passes + pieces;
  return {
    // An entry per layer; of a split one at the parent and one at each piece.
    waitQueue: { ...common, headers: container, links: passes + splits + pieces },
    // The same, and of a piece a child event, a notifier and a canceller.
    compoundEvent: { ...common, headers: container, links: passes + splits + 3 * pieces },
    cloneKiobuf: { ...common, headers: clones, links: 0 },
    // Each clone is in its parent's index.
    cloneKiobufTracked: { ...common, headers: clones, links: clones - 1 },
    bioChain: { ...common, headers: clones, links: 0 },
    stackLocations: { ...common, headers: container, links: locations },
    // An object for each place, and a promise, or an observable, for each layer and device that is called.
    promises: { ...common, headers: container + moves, links: passes + splits + transfers },
    rxjs: { ...common, headers: container + moves, links: passes + splits + transfers },
    // A stream for each layer and device, and one for the caller's memory; a pipe behind each but the ends of pipelines.
    streams: { ...common, headers: 2 + passes + splits + transfers, links: passes - moves + 1 },
  };
}
