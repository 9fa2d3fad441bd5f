import type { ValueOf, Waitable } from './waitable.js';

/** Waitables by name. */
export type Named = Readonly<Record<string, Waitable<unknown>>>;
export type Listed = readonly Waitable<unknown>[];

/** Which of several waitables by name, and what it brought: a union that is told apart by `name`. */
export type NamedValue<W extends Named> = {
  [K in keyof W & string]: { readonly name: K; readonly value: ValueOf<W[K]> };
}[keyof W & string];

/** The names of children in the order of the children; null of a list. */
export function namesOf(children: Listed | Named): readonly string[] | null {
  return isList(children) ? null : Object.keys(children);
}

export function listOf(children: Listed | Named): Listed {
  return isList(children) ? children : Object.values(children);
}

function isList(children: Listed | Named): children is Listed {
  return Array.isArray(children);
}
