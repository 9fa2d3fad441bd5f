/* Most of what stands here is for the compiler alone. */
/* eslint-disable @typescript-eslint/no-unused-vars */
import { expect } from 'chai';
import {
  allOf,
  anyOf,
  Channel,
  Completion,
  EventCounter,
  firstOf,
  forEach,
  guard,
  map,
  Mutex,
  RwLock,
  select,
  Semaphore,
  watch,
  when,
  type Hold,
  type ReadHold,
  type Taking,
  type WriteHold,
} from '../../lib/index.js';
import { same } from '../same.js';

describe('the types of lib/compound and of branches that take', () => {
  const number = (): Completion<number> => new Completion<number>();
  const string = (): Completion<string> => new Completion<string>();

  it('give select the union of what handlers answer with, or promise, and of its default', () => {
    const two = select([when(number(), (value) => value > 1), when(string(), async (value) => value.length)]);
    same<typeof two, Completion<boolean | number>>(true);
    const tries = select([when(number(), () => 'a' as const)], { otherwise: () => null });
    same<typeof tries, Completion<'a' | null>>(true);
    for (const each of [two, tries]) each.cancel();
  });

  it('give map what its change returns, and guard what is built', () => {
    const mapped = map(anyOf({ a: number(), b: string() }), ({ name }) => name);
    same<typeof mapped, Completion<'a' | 'b'>>(true);
    const promised = map(Promise.resolve(1), (value) => [value]);
    same<typeof promised, Completion<number[]>>(true);
    const built = guard((lost) => (same<typeof lost, Completion>(true), allOf([number(), watch(string())])));
    same<typeof built, Completion<[number, string]>>(true);
  });

  it('give the body of forEach what each round brings', () => {
    const rounds = forEach(
      () => firstOf({ a: number(), b: string() }),
      (value) => {
        if (value.name === 'a') same<typeof value.value, number>(true);
        else same<typeof value.value, string>(true);
      },
    );
    same<typeof rounds, Completion<number>>(true);
    rounds.cancel();
  });

  it('give a branch that takes the type of what it takes', () => {
    const lock = new RwLock();
    const channel = new Channel<string>();
    same<ReturnType<Mutex['acquiring']>, Taking<Hold>>(true);
    same<ReturnType<Semaphore['acquiring']>, Taking<Hold>>(true);
    same<ReturnType<EventCounter['reading']>, Taking<number>>(true);
    const chosen = anyOf({ read: lock.reading(), write: lock.writing(), got: channel.receiving(), sent: channel.sending('a') }); // prettier-ignore
    type Each =
      | { readonly name: 'read'; readonly value: ReadHold }
      | { readonly name: 'write'; readonly value: WriteHold }
      | { readonly name: 'got'; readonly value: string }
      | { readonly name: 'sent'; readonly value: void }; // eslint-disable-line @typescript-eslint/no-invalid-void-type
    same<(typeof chosen)['value'], Each>(true);
  });

  it('refuse what must not compile', () => {
    const uncalled = (): void => {
      // @ts-expect-error a branch is made with when
      select([number()]);
      // @ts-expect-error the handler is given a number
      when(number(), (value: string) => value);
      // @ts-expect-error the default is called without a value
      select([], { otherwise: (value: number) => value });
      // @ts-expect-error a number cannot be waited for
      map(1, () => 1);
      // @ts-expect-error what is built can be waited for
      guard(() => 1);
      // @ts-expect-error each round makes something to wait for
      forEach(number(), () => true);
      // @ts-expect-error a channel carries what it is for
      new Channel<string>().sending(1);
    };
    expect(uncalled).to.be.a('function');
  });
});
