/* Most of what stands here is for the compiler alone. */
/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unused-vars */
import { expect } from 'chai';
import {
  acquireAll,
  acquiringAll,
  Barrier,
  Channel,
  Completion,
  EventCounter,
  firstOf,
  Latch,
  Mutex,
  Once,
  Poller,
  RwLock,
  Semaphore,
  type Hold,
  type PollEvent,
  type ReadHold,
  type Received,
  type Taking,
  type Wakened,
  type WriteHold,
} from '../../lib/index.js';
import { same } from '../same.js';

describe('the types of lib/sync', () => {
  it('give a promise, and a try, the type of what is taken', () => {
    const channel = new Channel<string>();
    same<ReturnType<Mutex['tryAcquire']>, Hold | null>(true);
    same<ReturnType<RwLock['write']>, Promise<WriteHold>>(true);
    same<ReturnType<ReadHold['upgrade']>, Promise<WriteHold>>(true);
    same<ReturnType<typeof channel.receive>, Promise<string>>(true);
    same<ReturnType<typeof channel.tryReceive>, Received<string> | null>(true);
    same<ReturnType<typeof acquireAll>, Promise<Hold>>(true);
    const ran = new Mutex().run(async () => [1]);
    same<typeof ran, Promise<number[]>>(true);
  });

  it('give a branch the type of what it brings', () => {
    const [barrier, latch, once] = [new Barrier(2), new Latch(1), new Once(async () => new Set([1]))];
    same<ReturnType<typeof acquiringAll>, Taking<Hold>>(true);
    same<ReturnType<RwLock['reading']>, Taking<ReadHold>>(true);
    same<ReturnType<typeof barrier.arriving>, Wakened<number>>(true);
    same<ReturnType<typeof once.getting>, Wakened<Set<number>>>(true);
    const chosen = firstOf({ met: barrier.arriving(), open: latch.opening(), made: once.getting(), all: acquiringAll([new Semaphore(1)]) }); // prettier-ignore
    type Each =
      | { readonly name: 'met'; readonly value: number }
      | { readonly name: 'open'; readonly value: void } // eslint-disable-line @typescript-eslint/no-invalid-void-type
      | { readonly name: 'made'; readonly value: Set<number> }
      | { readonly name: 'all'; readonly value: Hold };
    same<(typeof chosen)['value'], Each>(true);
    chosen.cancel();
  });

  it('give what a poller tells the type of what was registered with', () => {
    const poller = new Poller<'in' | 'out'>();
    same<ReturnType<typeof poller.wait>, Promise<PollEvent<'in' | 'out'>[]>>(true);
    poller.close();
  });

  it('refuse what must not compile', () => {
    const uncalled = (): void => {
      // @ts-expect-error a mutex has no permits
      acquiringAll([new Mutex()]);
      // @ts-expect-error a group does not barge
      acquiringAll([new Semaphore(1)], { barge: true });
      // @ts-expect-error permits are a number
      new Semaphore(1).acquiring({ permits: '1' });
      // @ts-expect-error arriving takes no turn, so there is none to take first
      new Barrier(2).arriving({ barge: true });
      // @ts-expect-error a latch brings nothing
      new Latch(1).opening().notify(({ value }) => value.length);
      // @ts-expect-error it brings what it makes
      const text: Wakened<string> = new Once(() => 1).getting();
      // @ts-expect-error with data of its own each source has some
      new Poller<string>().add(new EventCounter());
      // @ts-expect-error a completion is no source of a poller
      new Poller().add(new Completion());
      // @ts-expect-error a reader's hold is no writer's
      new RwLock().reading().notify(({ value }) => value.downgrade());
    };
    expect(uncalled).to.be.a('function');
  });
});
