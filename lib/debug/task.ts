interface Storage<T> {
  run<R>(store: T, body: () => R): R;
  getStore(): T | undefined;
  /** Until it is run again nothing is followed, and the host has nothing to do for it. */
  disable(): void;
}

interface AsyncHooks {
  AsyncLocalStorage: new <T>() => Storage<T>;
}

/** Who waits and holds, as the recording knows it: what runs in a {@link task}, or in the `run` of a lock. */
export class Task {
  readonly description: string;
  /** Of the `run` of a lock, the task it is part of: that waits while this does. Null where there is none. */
  readonly outer: Task | null;

  /** @internal */
  constructor(description: string, outer: Task | null) {
    this.description = description;
    this.outer = outer;
  }

  toString(): string {
    const descriptions = [this.description];
    for (let { outer } = this; outer !== null; outer = outer.outer) descriptions.push(outer.description);
    return descriptions.join(' in ');
  }
}

// Reached without an import, so that this loads where there is no node:async_hooks.
const host = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };

/** Made when recording begins for the first time: the host follows contexts from then on. */
let storage: Storage<Task> | null = null;
/** Where the host follows none: the task whose first turn it is. */
let present: Task | undefined;
let followed = false;

/** Begins or ends to follow tasks. */
export function followTasks(follow: boolean): void {
  followed = follow;
  const hooks = host.process?.getBuiltinModule?.('node:async_hooks') as AsyncHooks | undefined;
  if (follow && hooks !== undefined) storage ??= new hooks.AsyncLocalStorage<Task>();
  if (!follow) storage?.disable();
}

/** The task that runs now, null where none is known. */
export function currentTask(): Task | null {
  if (!followed) return null;
  return (storage === null ? present : storage.getStore()) ?? null;
}

/** Runs `body`, and whatever it starts, as part of a task. */
export function runAs<R>(task: Task, body: () => R): R {
  if (storage !== null) return storage.run(task, body);
  const outer = present;
  present = task;
  try {
    return body();
  } finally {
    present = outer;
  }
}

/**
 * Runs `body` under a name, so that while waits are recorded it is known who waits and who holds, also in what it awaits
 * (in a browser: until its first `await`). A task does one thing after the other: give what runs beside it a task of its
 * own. While nothing is recorded this only calls `body`.
 */
export function task<R>(description: string, body: () => R): R {
  return followed ? runAs(new Task(`task "${description}"`, null), body) : body();
}
