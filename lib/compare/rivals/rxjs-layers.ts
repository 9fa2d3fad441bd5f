import { setImmediate } from 'node:timers';
import type { Observable } from 'rxjs';
import { counters, IoError, type PagePool, type PageVector } from '../../io/index.js';
import { PULLED } from '../../io/io-error.js';
import type { LinearPlan, QueuePlan, StripePlan, When } from '../blueprint.js';
import type { Bottom } from '../bottom.js';
import { carverOf } from '../carve.js';
import { Abort, copyInto, IoContext } from './context.js';
import { Collation, failedWith, failureOf, missingOf, partOf, settled, transferred, type Outcome } from './outcome.js';
import { Places } from './places.js';
import type { Transform } from './transform.js';

/*
 * The layers as operators of RxJS: a layer is given the request and what comes next, and answers a cold observable of
 * the bytes transferred, made with pipes over `next(io)`. It errs with an IoError that tells which parts succeeded. A
 * cancel is an AbortSignal: to unsubscribe would let go of a transfer that still writes into the memory.
 *
 * Counts: a header for each object that is sent down, a link for each observable of a layer or device that is subscribed
 * to, a callback each time that a layer is told.
 */

export type Device = (io: IoContext) => Observable<number>;
export type Layer = (io: IoContext, next: Device) => Observable<number>;

/** A request that waits in a queue, or has left it for the device. */
interface Queued {
  readonly io: IoContext;
  go(run: readonly Queued[]): void;
  end(outcome: Outcome): void;
}

function told(): void {
  counters.callbacks++;
}

/** What the layers are made by. */
export interface Layers {
  bottomOf(bottom: Bottom): Device;
  readonly pass: Layer;
  deferring(when: When): Layer;
  transforming(transform: Transform): Layer;
  carved(plan: StripePlan | LinearPlan, lowers: readonly Device[]): Device;
  mirror(members: readonly Device[], pool: PagePool): Device;
  retry(attempts: number, blockSize: number): Layer;
  queue(plan: QueuePlan): Layer;
  outcomeOf(device: Device, io: IoContext): Observable<Outcome>;
}

/** The layers, made with the operators of a package that may not be there. */
export function layersOf(rx: typeof import('rxjs')): Layers {
  const { catchError, defer, EMPTY, expand, finalize, last, map, merge, mergeMap, of, reduce, tap, toArray } = rx;

  const send = (device: Device, io: IoContext): Observable<number> => {
    counters.links++;
    return device(io);
  };

  /** What becomes of it, as a value, and never an error. */
  const outcomeOf = (device: Device, io: IoContext): Observable<Outcome> =>
    send(device, io).pipe(
      map((bytes) => transferred(bytes, io.length)),
      catchError((error: unknown) => of(failedWith(error))),
    );

  const bottomOf =
    (bottom: Bottom): Device =>
    ({ operation, position, pages, offset, length, fua }) =>
      new rx.Observable((subscriber) => {
        const end = (bytes: number, error: IoError | null): void => {
          if (error !== null) subscriber.error(failureOf(bytes, length, error));
          else {
            subscriber.next(bytes);
            subscriber.complete();
          }
        };
        bottom.transfer({ operation, position, pages, offset, length, fua, finish: end });
      });

  const pass: Layer = (io, next) => send(next, io).pipe(tap({ error: told, complete: told }));

  const deferring = (when: When): Layer => {
    if (when === 'inline') return pass;
    if (when === 'microtask') return (io, next) => pass(io, next).pipe(rx.observeOn(rx.asapScheduler));
    // No scheduler of RxJS has tasks without a timer's millisecond.
    const task = new rx.Observable<void>((subscriber) => void setImmediate(() => { subscriber.next(); })); // prettier-ignore
    return (io, next) =>
      pass(io, next).pipe(
        rx.materialize(),
        rx.delayWhen(() => task),
        rx.dematerialize(),
      );
  };

  const transforming =
    (transform: Transform): Layer =>
    (io, next) =>
      defer(() => {
        const { below, end } = transform(io);
        return outcomeOf(next, below).pipe(
          tap(told),
          map((outcome) => settled(end(outcome))),
        );
      });

  /** Parts of a request, sent at once, and their outcomes added up as they come. */
  const join = (parts: readonly { at: number; io: IoContext; device: Device }[], length: number): Observable<Outcome> =>
    merge(...parts.map(({ at, io, device }) => outcomeOf(device, io).pipe(map((outcome) => ({ at, outcome }))))).pipe(
      reduce((sum, { at, outcome }) => sum.add(outcome, at), new Collation()),
      tap(told),
      map((sum) => sum.outcome(length)),
    );

  const carved = (plan: StripePlan | LinearPlan, lowers: readonly Device[]): Device => {
    const carve = carverOf(plan);
    const members = [...new Set(lowers)];
    return (io) => {
      if (io.operation === 'flush') {
        return join(members.map((device) => ({ at: 0, io: io.part(0, 0, 0), device })), 0).pipe(map(settled)); // prettier-ignore
      }
      const parts = carve(io.position, io.length).map(({ index, position, offset, length }) => {
        return { at: offset, io: io.part(position, offset, length), device: lowers[index] as Device };
      });
      const [only] = parts;
      return parts.length === 1 && only !== undefined
        ? pass(only.io, only.device)
        : join(parts, io.length).pipe(map(settled));
    };
  };

  /** Of what is written, that has succeeded which every member has. */
  const writeAll = (io: IoContext, members: readonly Device[]): Observable<number> =>
    merge(...members.map((member) => outcomeOf(member, io.part(io.position, 0, io.length)).pipe(tap(told)))).pipe(
      reduce(
        (failed, { failure, succeeded }) => failed.add({ failure, succeeded: missingOf({ succeeded }, io.length) }, 0),
        new Collation(),
      ),
      tap(told),
      map((failed) => {
        const { failure, succeeded: missing } = failed.outcome(io.length);
        return settled({ failure, succeeded: missingOf({ succeeded: missing }, io.length) });
      }),
    );

  /**
   * The members read into memory of their own; the first to succeed wins, and the others are asked to stop. `race` would
   * let a failure win, and leave losers that write into memory which somebody else has by then (E6, I5).
   */
  const readFirst = (io: IoContext, members: readonly Device[], pool: PagePool): Observable<number> =>
    defer(() => {
      const losers = new Abort(io.abort);
      const memory: PageVector[] = [];
      const free = (): void => {
        for (const pages of memory) pages.free();
      };
      try {
        while (memory.length < members.length) memory.push(pool.allocate(io.length));
      } catch (error) {
        free();
        throw error;
      }
      const failures: IoError[] = [];
      const read = (member: Device, i: number): Observable<PageVector> =>
        outcomeOf(member, io.with(io.position, memory[i] as PageVector, io.length, losers)).pipe(
          tap(told),
          mergeMap((outcome) => {
            if (missingOf(outcome, io.length).length === 0) return of(memory[i] as PageVector);
            failures.push(outcome.failure ?? new IoError('EIO', { message: 'A member came back short' }));
            return EMPTY;
          }),
        );
      return merge(...members.map(read)).pipe(
        tap(() => {
          losers.abort();
        }),
        toArray(),
        tap(told),
        map(([winner]) => {
          const [failure = PULLED] = failures;
          if (winner === undefined) throw new IoError(failure.code, { cause: failure });
          copyInto(io, winner);
          return io.length;
        }),
        finalize(free),
      );
    });

  const mirror =
    (members: readonly Device[], pool: PagePool): Device =>
    (io) =>
      io.operation === 'read' ? readFirst(io, members, pool) : writeAll(io, members);

  const retry =
    (attempts: number, blockSize: number): Layer =>
    (io, next) => {
      const again = (before: Outcome): Observable<Outcome> => {
        const parts = missingOf(before, io.length, blockSize).map(({ offset, length }) => {
          return { at: offset, io: io.part(io.position + offset, offset, length), device: next };
        });
        // A flush has no parts.
        if (parts.length === 0) parts.push({ at: 0, io, device: next });
        return join(parts, io.length).pipe(
          map((found) =>
            new Collation()
              .add({ ...before, failure: null }, 0)
              .add(found, 0)
              .outcome(io.length),
          ),
        );
      };
      return outcomeOf(next, io).pipe(
        tap(told),
        expand((outcome, number) => {
          const worth = number < attempts && outcome.failure?.code === 'EIO' && !io.aborted;
          return worth ? again(outcome) : EMPTY;
        }),
        last(),
        map(settled),
      );
    };

  const queue = ({ depth, mergeBytes = 0 }: QueuePlan): Layer => {
    const places = new Places<Queued>(depth, mergeBytes);
    const carry = (run: readonly Queued[], next: Device): void => {
      const [first] = run as readonly [Queued];
      const io = run.length === 1 ? first.io : IoContext.joined(run.map((each) => each.io));
      outcomeOf(next, io)
        .pipe(tap(told))
        .subscribe((outcome) => {
          places.release();
          let at = 0;
          for (const each of run) {
            each.end(run.length === 1 ? outcome : partOf(outcome, at, each.io.length));
            at += each.io.length;
          }
        });
    };
    return (io, next) =>
      new rx.Observable<Outcome>((subscriber) => {
        const { signal } = io;
        const end = (outcome: Outcome): void => {
          signal.removeEventListener('abort', onAbort);
          subscriber.next(outcome);
          subscriber.complete();
        };
        const onAbort = (): void => {
          counters.visited++;
          if (places.leave(queued)) end(failedWith(PULLED));
        };
        const queued: Queued = {
          io,
          go(run) {
            carry(run, next);
          },
          end,
        };
        signal.addEventListener('abort', onAbort);
        if (signal.aborted) end(failedWith(PULLED));
        else places.enter(queued);
      }).pipe(map(settled));
  };

  return { bottomOf, pass, deferring, transforming, carved, mirror, retry, queue, outcomeOf };
}
