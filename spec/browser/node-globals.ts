/*
 * What the specs take from Node for granted, made of what a browser has: injected where it is used. The package itself
 * is bundled with it and never asks for any of these names.
 */
export { EventEmitter } from 'eventemitter3';

type Run = (...args: unknown[]) => void;
type Listener = (event: Event) => void;

const page = globalThis as unknown as EventTarget;

/** In a task of its own, in order. Named otherwise than the global, which the package looks for. */
export function setImmediate(run: Run, ...args: unknown[]): void {
  const { port1, port2 } = new MessageChannel();
  (port1 as unknown as { onmessage: () => void }).onmessage = () => {
    port1.close();
    run(...args);
  };
  port2.postMessage(null);
}

/** The events of a process that a page has too. */
const windows: Record<string, [event: string, field: string]> = {
  unhandledRejection: ['unhandledrejection', 'reason'],
  uncaughtException: ['error', 'error'],
};
const handlers = new Map<Run, Listener>();

export const process = {
  env: {} as Record<string, string>,
  on(event: string, run: Run): void {
    const [name, field] = windows[event] ?? [`no such event: ${event}`, ''];
    const handler = (came: Event): void => {
      came.preventDefault();
      run((came as unknown as Record<string, unknown>)[field]);
    };
    handlers.set(run, handler);
    page.addEventListener(name, handler);
  },
  off(event: string, run: Run): void {
    const handler = handlers.get(run);
    if (handler !== undefined) page.removeEventListener(windows[event]?.[0] ?? '', handler);
  },
};

/** Listeners are counted as they come and go, for a browser does not tell: by what was given, what was put in its place. */
const listening = new WeakMap<EventTarget, Map<string, Map<unknown, Listener>>>();
const { addEventListener, removeEventListener } = EventTarget.prototype;

EventTarget.prototype.addEventListener = function (this: EventTarget | undefined, type, listener, options) {
  const target = this ?? page;
  const of = listenersOf(target, type);
  const once = typeof options === 'object' && options.once === true;
  const counted: Listener = (event) => {
    if (once) of.delete(listener);
    if (typeof listener === 'function') listener.call(target, event);
    else listener.handleEvent(event);
  };
  if (of.has(listener)) return;
  of.set(listener, counted);
  addEventListener.call(target, type, counted, options);
};
EventTarget.prototype.removeEventListener = function (this: EventTarget | undefined, type, listener, options) {
  const target = this ?? page;
  const of = listenersOf(target, type);
  removeEventListener.call(target, type, of.get(listener) ?? (listener as Listener), options);
  of.delete(listener);
};

function listenersOf(target: EventTarget, type: string): Map<unknown, Listener> {
  let types = listening.get(target);
  if (types === undefined) listening.set(target, (types = new Map<string, Map<unknown, Listener>>()));
  let listeners = types.get(type);
  if (listeners === undefined) types.set(type, (listeners = new Map<unknown, Listener>()));
  return listeners;
}

export function getEventListeners(target: EventTarget, type: string): unknown[] {
  return [...listenersOf(target, type).keys()];
}
