/** Everything that settled promises have to do is done. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was fulfilled');
}

/** Notes in `trace` when, and with what, promises are fulfilled or rejected. */
export function follow(trace: string[], name: string, promise: Promise<unknown>): void {
  promise.then(
    () => trace.push(name),
    (error: unknown) => trace.push(`${name} ${(error as { name?: string }).name ?? String(error)}`),
  );
}

/** A signal with its abort. */
export function abortable(): { signal: AbortSignal; abort: (reason?: unknown) => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}
