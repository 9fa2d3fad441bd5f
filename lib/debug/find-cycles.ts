import { dependenciesOf, waitsOfTasks } from './dependencies.js';
import { nameOf } from './description.js';
import { recordedWaits } from './recording.js';
import { nodeOf, type Dependencies } from './stands-on.js';
import { Task } from './task.js';

/** Some that wait for each other in a circle: none of them can go on. */
export class Cycle {
  /** Each waits for the next, the last for the first: tasks, locks, completions, compounds. */
  readonly members: readonly object[];

  /** @internal */
  constructor(members: readonly object[]) {
    this.members = members;
  }

  /** One line for each: who waits for what, and what is held by whom. */
  toString(): string {
    const lines = this.members.map((member, index) => {
      const next = this.members[(index + 1) % this.members.length] as object;
      return `${nameOf(member)} ${verbOf(member, next)} ${nameOf(next)}`;
    });
    return lines.join('\n');
  }
}

function verbOf(member: object, next: object): string {
  if (!(next instanceof Task)) return 'waits for';
  return member instanceof Task ? 'goes on with' : 'is held by';
}

/**
 * Finds deadlocks: circles of those who wait for each other, each told once. With waitables given it begins there;
 * without, at everything that waits and is recorded (`recordWaits`). Who holds a lock is known only while that is on,
 * and which task waits only of a `task`. What may still be completed by hand, by a timer or by a holder that was not seen
 * counts as able to go on, so that what is reported cannot. Costs O(waits and what they stand on).
 */
export function findCycles(...from: object[]): Cycle[] {
  const graph = graphOf(from.length > 0 ? from.map(nodeOf) : recordedRoots());
  const stuck = stuckIn(graph);
  const cycles: Cycle[] = [];
  const told = new Set<object>();
  for (const node of stuck) {
    const members = circleFrom(node, graph, stuck, told);
    if (members !== null) cycles.push(new Cycle(members));
  }
  return cycles;
}

type Graph = ReadonlyMap<object, Dependencies>;

function recordedRoots(): object[] {
  return recordedWaits().flatMap(({ task, waited }) => [task, waited === null ? null : nodeOf(waited)].filter((node) => node !== null)); // prettier-ignore
}

/** All that is reached from the roots, breadth first. */
function graphOf(roots: readonly object[]): Graph {
  const graph = new Map<object, Dependencies>();
  const next = [...roots];
  const waits = waitsOfTasks();
  for (const node of next) {
    if (graph.has(node)) continue;
    const dependencies = dependenciesOf(node, waits);
    graph.set(node, dependencies);
    for (const each of dependencies.on) next.push(each);
  }
  return graph;
}

/** Those of which nothing that can go on will ever let them go on: what is free lets go those who wait for it, and so on. */
function stuckIn(graph: Graph): Set<object> {
  const waiters = new Map<object, object[]>();
  const left = new Map<object, number>();
  const released: object[] = [];
  for (const [node, { on, free, stuckWith }] of graph) {
    // One that is stuck with any one of them is free when all are; else when one is.
    left.set(node, stuckWith === 'one' ? on.length : 1);
    if (free) released.push(node);
    for (const each of on) {
      const others = waiters.get(each);
      if (others === undefined) waiters.set(each, [node]);
      else others.push(node);
    }
  }
  const stuck = new Set(graph.keys());
  for (const node of released) {
    if (!stuck.delete(node)) continue;
    for (const waiter of waiters.get(node) ?? []) {
      const still = (left.get(waiter) ?? 0) - 1;
      left.set(waiter, still);
      if (still === 0) released.push(waiter);
    }
  }
  return stuck;
}

/** Follows what is stuck until it comes back to where it was; null when it ends, or leads to one that was told. */
function circleFrom(start: object, graph: Graph, stuck: ReadonlySet<object>, told: Set<object>): object[] | null {
  const path: object[] = [];
  const places = new Map<object, number>();
  let node: object | undefined = start;
  while (node !== undefined && !told.has(node)) {
    places.set(node, path.push(node) - 1);
    told.add(node);
    node = graph.get(node)?.on.find((each) => stuck.has(each));
  }
  const place = node === undefined ? undefined : places.get(node);
  return place === undefined ? null : path.slice(place);
}
