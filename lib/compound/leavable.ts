/**
 * A generator that can be left while it waits. One takes up `return` and `throw` only when it stands at a `yield`, so
 * `leave` is called first: it has to end the wait, and the generator to end with it. What had come before is yielded all
 * the same (E7), to the `next` that waits for it.
 */
export function leavable<T>(
  rounds: AsyncGenerator<T, void, undefined>,
  leave: () => void,
): AsyncGenerator<T, void, undefined> {
  const [stop, fail] = [rounds.return.bind(rounds), rounds.throw.bind(rounds)];
  rounds.return = (value) => {
    leave();
    return stop(value);
  };
  rounds.throw = (error) => {
    leave();
    return fail(error);
  };
  return rounds;
}
