import { ArgumentError } from '../wait/errors.js';
import type { Strategy } from '../io/index.js';
import type { Experiment } from './experiment.js';
import { knownExperiments } from './experiments.js';
import type { Rival } from './rival.js';
import { rivals } from './rivals.js';
import { edge } from './rivals/edge.js';
import { strategyRival } from './rivals/strategy.js';

/** A design or an experiment that was asked for. */
export interface Chosen<N> {
  readonly it: N;
  /** By which another thread finds it: a known name, or a module's address. Null for an object, which stays in its thread. */
  readonly reference: string | null;
}

/** The designs that are asked for, in order, each once. @throws ArgumentError `ERR_DESIGN` */
export function chooseDesigns(wanted: readonly (string | URL | Strategy | Rival)[]): Promise<Chosen<Rival>[]> {
  return choose('design', rivals, wanted, asRival);
}

/** The experiments that are asked for, in order, each once. @throws ArgumentError `ERR_EXPERIMENT` */
export function chooseExperiments(wanted: readonly (string | URL | Experiment)[]): Promise<Chosen<Experiment>[]> {
  return choose('experiment', knownExperiments, wanted, asExperiment);
}

/** What a reference means, in whichever thread. */
export async function designOf(reference: string): Promise<Rival> {
  const known = [...rivals, edge].find(({ name }) => name === reference);
  return known ?? fromModule('design', new URL(reference), asRival);
}

/** What a reference means, in whichever thread. */
export async function experimentOf(reference: string): Promise<Experiment> {
  const known = knownExperiments.find(({ name }) => name === reference);
  return known ?? fromModule('experiment', new URL(reference), asExperiment);
}

function asRival(value: unknown): Rival | null {
  if (typeof value !== 'object' || value === null || !('name' in value)) return null;
  if ('root' in value) return strategyRival(value as Strategy);
  return 'build' in value ? (value as Rival) : null;
}

function asExperiment(value: unknown): Experiment | null {
  if (typeof value !== 'object' || value === null) return null;
  return 'name' in value && 'at' in value ? (value as Experiment) : null;
}

type Kind = 'design' | 'experiment';

/** What is wanted, each once, in the order in which it is named. */
async function choose<N extends { readonly name: string }>(
  kind: Kind,
  known: readonly N[],
  wanted: readonly unknown[],
  as: (value: unknown) => N | null,
): Promise<Chosen<N>[]> {
  const list = known.map(({ name }) => name).join(', ');
  if (wanted.length === 0) throw new ArgumentError(codeOf(kind), `Name at least one ${kind}; known are ${list}`);
  const chosen: Chosen<N>[] = [];
  for (const each of new Set(wanted)) {
    if (each instanceof URL) {
      chosen.push({ it: await fromModule(kind, each, as), reference: each.href });
      continue;
    }
    const found = typeof each === 'string' ? known.find(({ name }) => name === each) : as(each);
    if (found === undefined) {
      throw new ArgumentError(codeOf(kind), `Unknown ${kind} '${String(each)}'; known are ${list}`);
    }
    if (found === null) throw new ArgumentError(codeOf(kind), `${String(each)} is no ${kind}`);
    chosen.push({ it: found, reference: known.includes(found) ? found.name : null });
  }
  // One object by its name and as itself is one.
  const unique = chosen.filter(({ it }, i) => chosen.findIndex((other) => other.it === it) === i);
  // Figures are kept by name.
  const twice = unique.find(({ it }, i) => unique.findIndex((other) => other.it.name === it.name) < i);
  if (twice === undefined) return unique;
  throw new ArgumentError(codeOf(kind), `Two of them are called '${twice.it.name}'; names must differ`);
}

async function fromModule<N>(kind: Kind, url: URL, as: (value: unknown) => N | null): Promise<N> {
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(url.href)) as typeof loaded;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ArgumentError(codeOf(kind), `${url.href} cannot be loaded as ${articled(kind)}: ${why}`);
  }
  const found = as(loaded.default);
  if (found === null) throw new ArgumentError(codeOf(kind), `The default export of ${url.href} is no ${kind}`);
  return found;
}

function codeOf(kind: Kind): string {
  return `ERR_${kind.toUpperCase()}`;
}

function articled(kind: Kind): string {
  return kind === 'design' ? 'a design' : 'an experiment';
}
