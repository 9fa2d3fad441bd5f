/* Most of what stands here is for the compiler alone. */
/* eslint-disable @typescript-eslint/no-unused-vars */
/* eslint-disable @typescript-eslint/no-invalid-void-type, @typescript-eslint/no-unsafe-call */
import { expect } from 'chai';
import {
  allOf,
  anyOf,
  atLeast,
  Completion,
  CompoundEvent,
  firstOf,
  fromEmitter,
  fromPromise,
  fromSignal,
  inContext,
  ReusableCompletion,
  scope,
  sequence,
  timeout,
  toSignal,
  watch,
  type CancelAnswer,
  type CompletionState,
  type Outcome,
} from '../../lib/index.js';
import { WaitQueue } from '../../lib/wait/queue.js';
import { same } from '../same.js';

declare const never: never;

describe('the types of lib/event', () => {
  const number = (): Completion<number> => new Completion<number>();
  const string = (): Completion<string> => new Completion<string>();

  it('give allOf a tuple of its children’s values', () => {
    const all = allOf([number(), string(), timeout(0), new WaitQueue(), Promise.resolve(true), watch(number())]);
    same<typeof all, CompoundEvent<[number, string, void, unknown, boolean, number]>>(true);
    same<(typeof all)['value'], [number, string, void, unknown, boolean, number]>(true);
    const list = allOf([1, 2].map(number));
    same<typeof list, CompoundEvent<number[]>>(true);
    const none = allOf([]);
    same<typeof none, CompoundEvent<[]>>(true);
    const nested = allOf([allOf([number()]), anyOf([number(), string()]), fromPromise(Promise.resolve('s'))]);
    same<typeof nested, CompoundEvent<[[number], number | string, string]>>(true);
    all.cancel();
  });

  it('give children by name an object of values, and a choice of them a union told apart by name', () => {
    const all = allOf({ a: number(), b: string(), ready: new WaitQueue() });
    same<typeof all, CompoundEvent<{ a: number; b: string; ready: unknown }>>(true);
    const choices = [anyOf({ a: number(), b: Promise.resolve(true) }), firstOf({ a: number() })] as const;
    type Either = { readonly name: 'a'; readonly value: number } | { readonly name: 'b'; readonly value: boolean };
    same<(typeof choices)[0]['value'], Either>(true);
    same<(typeof choices)[1]['value'], { readonly name: 'a'; readonly value: number }>(true);
    const nested = allOf({ one: allOf({ a: number() }), two: [1].map(number)[0] ?? string() });
    same<typeof nested, CompoundEvent<{ one: { a: number }; two: number | string }>>(true);
    for (const each of [all, ...choices, nested]) each.cancel();
  });

  it('give anyOf and firstOf the union, and atLeast a list of it', () => {
    const any = anyOf([number(), string()]);
    same<typeof any, CompoundEvent<number | string>>(true);
    const first = firstOf([number(), Promise.resolve(true)]);
    same<typeof first, CompoundEvent<number | boolean>>(true);
    const signalled = firstOf([number(), fromSignal(AbortSignal.abort())]);
    same<typeof signalled, CompoundEvent<unknown>>(true);
    const two = atLeast(1, [number(), string()]);
    same<typeof two, CompoundEvent<(number | string)[]>>(true);
  });

  it('give sequence a tuple of what its steps brought, and scope what its body did', () => {
    const steps = sequence([number, () => Promise.resolve('s'), () => allOf([number()])]);
    same<typeof steps, CompoundEvent<[number, string, [number]]>>(true);
    const bodies = [scope(() => 1), scope(async () => 1)] as const;
    same<typeof bodies, readonly [CompoundEvent<number>, CompoundEvent<number>]>(true);
    const events = fromEmitter(new EventTarget(), 'load');
    same<typeof events, Completion<unknown[]>>(true);
    for (const each of [steps, events]) each.cancel();
  });

  it('let await, promise and within have the value', async () => {
    const completion = number();
    const within = completion.within(10);
    same<typeof within, Completion<number>>(true);
    completion.complete(1);
    const [awaited, promised] = [await completion, await completion.promise()];
    same<typeof awaited, number>(true);
    same<typeof promised, number>(true);
    same<Awaited<ReusableCompletion<number>>, ReusableCompletion<number>>(true);
    const chained = await completion.then((value) => `${value}`);
    same<typeof chained, string>(true);
  });

  it('tell states and answers by name', () => {
    same<CompletionState, 'pending' | 'completing' | 'done' | 'failed' | 'cancelled'>(true);
    same<CancelAnswer, 'cancelled' | 'requested' | 'too-late'>(true);
    same<Outcome<number>['value'], number>(true);
    same<Outcome<number>['status'], 'done' | 'failed' | 'cancelled'>(true);
  });

  it('take any completion where its value does not matter', () => {
    expect([toSignal(number()), toSignal(new ReusableCompletion<string>())].length).to.equal(2);
  });

  it('refuse what must not compile', () => {
    const uncalled = (): void => {
      // @ts-expect-error a value is of the completion's type
      number().complete('text');
      // @ts-expect-error a value is not left out
      number().complete();
      // @ts-expect-error a layer changes the value to one of its type
      number().intercept((outcome) => outcome.succeed('text'));
      // @ts-expect-error a completion is forwarded to one of its type
      number().forward(string());
      // @ts-expect-error made for pools, it cannot be awaited
      void new ReusableCompletion().then(() => undefined);
      // @ts-expect-error and has no within
      new ReusableCompletion().within(1);
      // @ts-expect-error a number cannot be waited for
      allOf([1]);
      // @ts-expect-error nor by name
      allOf({ a: 1 });
      // @ts-expect-error a completion is no list, and no children by name
      anyOf(number());
      // @ts-expect-error what becomes of losers has three names
      firstOf([number()], { losers: 'drop' });
      // @ts-expect-error only a choice is fair
      allOf([number()], { fair: true });
      // @ts-expect-error a step is a function
      sequence([number()]);
      // @ts-expect-error where it runs has three names, or is a scheduler
      inContext('later', () => undefined);
      // @ts-expect-error with exact optional properties an option is not undefined
      new Completion({ signal: undefined });
      // @ts-expect-error the state is read only
      number().state = 'done';
      // @ts-expect-error a compound is made with its collation
      new CompoundEvent(never, never, 1);
    };
    expect(uncalled).to.be.a('function');
  });
});
