/* Most of what stands here is for the compiler alone. */
/* eslint-disable @typescript-eslint/no-unused-vars */
import { expect } from 'chai';
import {
  abortWhen,
  allOf,
  anyOf,
  Completion,
  deadline,
  debounce,
  errback,
  fromAsync,
  fromEmitter,
  fromEvents,
  fromIterable,
  fromPort,
  fromPromise,
  fromSignal,
  interval,
  throttle,
  timeout,
  toErrback,
  toIterable,
  toPort,
  toSignal,
  type Channel,
  type Interval,
  type Taking,
  type Timer,
} from '../../lib/index.js';
import { same } from '../same.js';

describe('the types of lib/adapters', () => {
  const emitter = new EventTarget();

  it('give what is adapted the type of its value', () => {
    same<ReturnType<typeof fromPromise<number>>, Completion<number>>(true);
    const promised = fromPromise(Promise.resolve('a'));
    same<typeof promised, Completion<string>>(true);
    const asked = fromAsync((signal) => (same<typeof signal, AbortSignal>(true), Promise.resolve([1])), { giveBack: (value) => { same<typeof value, number[]>(true); } }); // prettier-ignore
    same<typeof asked, Completion<number[]>>(true);
    const called = errback<number>((callback) => {
      callback(null, 1);
    });
    same<typeof called, Completion<number>>(true);
    toErrback(called, (_error, value) => {
      same<typeof value, number | undefined>(true);
    });
    same<ReturnType<typeof fromSignal>, Completion<unknown>>(true);
    same<ReturnType<typeof fromEmitter>, Completion<unknown[]>>(true);
    same<ReturnType<typeof timeout>, Timer>(true);
    same<ReturnType<typeof deadline>, Timer>(true);
    same<ReturnType<typeof interval>, Interval>(true);
    same<ReturnType<typeof toSignal>, AbortSignal>(true);
    same<ReturnType<typeof abortWhen>, AbortController>(true);
  });

  it('give a source of many a channel of them', () => {
    const events = fromEvents(emitter, 'data');
    same<typeof events, Channel<unknown[]>>(true);
    const data = fromEvents(emitter, 'data', { value: (event) => String(event) });
    same<typeof data, Channel<string>>(true);
    const numbers = fromIterable([1, 2]);
    same<typeof numbers, Channel<number>>(true);
    const messages = fromPort<'ping' | 'pong'>(emitter);
    same<typeof messages, Channel<'ping' | 'pong'>>(true);
    const rounds = toIterable(() => anyOf({ text: data.receiving(), tick: interval(1000).reading() }));
    type Round = { readonly name: 'text'; readonly value: string } | { readonly name: 'tick'; readonly value: number };
    same<typeof rounds, AsyncGenerator<Round, void, undefined>>(true);
    for (const channel of [events, data, numbers, messages]) channel.close();
  });

  it('give what slows down a wait the type of the wait', () => {
    const seldom = throttle(() => allOf({ n: new Completion<number>() }), 10);
    same<ReturnType<typeof seldom>, Completion<{ n: number }>>(true);
    const late = debounce(() => new Completion<string>(), 10);
    same<ReturnType<typeof late>, Completion<string>>(true);
  });

  it('give a branch of a choice its own type: a timer brings nothing, a tick its count, a port what is for it', () => {
    const ticks = interval(1000);
    const chosen = anyOf({
      tick: ticks.reading(),
      late: timeout(1000),
      stop: fromSignal(new AbortController().signal),
    });
    type Each =
      | { readonly name: 'tick'; readonly value: number }
      | { readonly name: 'late'; readonly value: void } // eslint-disable-line @typescript-eslint/no-invalid-void-type
      | { readonly name: 'stop'; readonly value: unknown };
    same<(typeof chosen)['value'], Each>(true);
    same<ReturnType<Interval['reading']>, Taking<number>>(true);
    chosen.cancel();
    ticks[Symbol.dispose]();
  });

  it('refuse what must not compile', () => {
    const uncalled = (): void => {
      // @ts-expect-error a promise is made by calling
      fromAsync(Promise.resolve(1));
      // @ts-expect-error what it brings is not a text
      fromAsync(() => Promise.resolve(1), { giveBack: (value: string) => value });
      // @ts-expect-error a number is no source of events
      fromEvents(1, 'data');
      // @ts-expect-error there is no such rule
      fromEvents(emitter, 'data', { overflow: 'wait' });
      // @ts-expect-error a promise brings one value, not many
      fromIterable(Promise.resolve(1));
      // @ts-expect-error a port posts messages
      toPort(fromIterable([1]), emitter);
      // @ts-expect-error a controller is not its signal
      fromSignal(new AbortController());
      // @ts-expect-error milliseconds are a number
      timeout('1s');
      // @ts-expect-error each round makes something to wait for
      toIterable(() => 1);
      // @ts-expect-error what is put off makes something to wait for
      debounce(() => 1, 10);
      // @ts-expect-error only what can be waited for aborts a signal
      abortWhen(1);
    };
    expect(uncalled).to.be.a('function');
  });
});
