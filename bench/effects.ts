import { WOKEN, type WaitEntry, type WakeFunction } from '../lib/wait/index.js';

/*
 * The side effect that every contender must leave behind: a sum that wraps, so that it never leaves the range of small
 * integers and costs no allocation. Four callbacks with different bodies, because an engine that sees one function
 * inlines it, which no real program enjoys.
 */

export const effects: Int32Array = new Int32Array(1);

/** The value of operation `i`; it repeats every `PERIOD` operations, and so does the choice of callbacks. */
export const PERIOD: number = 8;

export function valueOf(i: number): number {
  return i & 7;
}

export type Callback = (value: number) => void;

export const callbacks: readonly Callback[] = [
  (value) => {
    effects[0]! += value;
  },
  (value) => {
    effects[0]! += value ^ 5;
  },
  (value) => {
    effects[0]! -= value * 3;
  },
  (value) => {
    effects[0]! += (value >> 1) + 1;
  },
];

export function callbackOf(i: number): Callback {
  return callbacks[i & 3]!;
}

/** The same four as wake functions. */
const wakeFunctions: readonly WakeFunction<unknown>[] = [
  (_entry: WaitEntry, key: unknown) => {
    effects[0]! += key as number;
    return WOKEN;
  },
  (_entry: WaitEntry, key: unknown) => {
    effects[0]! += (key as number) ^ 5;
    return WOKEN;
  },
  (_entry: WaitEntry, key: unknown) => {
    effects[0]! -= (key as number) * 3;
    return WOKEN;
  },
  (_entry: WaitEntry, key: unknown) => {
    effects[0]! += ((key as number) >> 1) + 1;
    return WOKEN;
  },
];

export function wakeFunctionOf(i: number): WakeFunction<unknown> {
  return wakeFunctions[i & 3]!;
}

/** Four more, different in body and alike in effect: for rows where chance says whose turn it is. */
const alike: readonly Callback[] = [
  (value) => {
    effects[0]! += value + 1;
  },
  (value) => {
    effects[0]! -= ~value;
  },
  (value) => {
    effects[0]! += (value << 1) - value + 1;
  },
  (value) => {
    effects[0]! += (value | 0) - -1;
  },
];

export function alikeOf(i: number): Callback {
  return alike[i & 3]!;
}

/** The same as wake functions. */
const alikeWakeFunctions: readonly WakeFunction<unknown>[] = [
  (_entry: WaitEntry, key: unknown) => {
    effects[0]! += (key as number) + 1;
    return WOKEN;
  },
  (_entry: WaitEntry, key: unknown) => {
    effects[0]! -= ~(key as number);
    return WOKEN;
  },
  (_entry: WaitEntry, key: unknown) => {
    effects[0]! += ((key as number) << 1) - (key as number) + 1;
    return WOKEN;
  },
  (_entry: WaitEntry, key: unknown) => {
    effects[0]! += ((key as number) | 0) - -1;
    return WOKEN;
  },
];

export function alikeWakeFunctionOf(i: number): WakeFunction<unknown> {
  return alikeWakeFunctions[i & 3]!;
}

export type LayerFunction = (value: number) => number;

/** Four layers: each makes another value of the one below. */
export const layers: readonly LayerFunction[] = [
  (value) => (value + 1) & 1023,
  (value) => value ^ 5,
  (value) => (value * 3) & 1023,
  (value) => (value >> 1) + 2,
];

export function layerOf(i: number): LayerFunction {
  return layers[i & 3]!;
}
