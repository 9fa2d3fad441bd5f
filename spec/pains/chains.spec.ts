import { expect } from 'chai';
import { Completion, type Outcome } from '../../lib/index.js';

/** What users of middleware, hooks and interceptors suffer: docs/pains.md tells the stories. */
describe('a chain of layers', () => {
  it('has layers that try again, as often as they like (TanStack/router#4737)', async () => {
    const request = new Completion<string>();
    const tried: number[] = [];
    const send = (epoch: number): void => {
      tried.push(epoch);
      if (tried.length < 4) request.fail(new Error(`attempt ${tried.length}`), epoch);
      else request.complete('answer', epoch);
    };
    const seenAbove: unknown[] = [];
    request.intercept((outcome) => seenAbove.push(outcome.status));
    request.intercept((outcome) => {
      if (outcome.status === 'failed') queueMicrotask(() => send(request.epoch));
      if (outcome.status === 'failed') outcome.rearm();
    });
    send(request.epoch);
    expect([await request, tried.length, seenAbove]).to.deep.equal(['answer', 4, ['done']]);
  });

  it('refuses the second answer of a layer that goes on twice, and tells it so (koajs/compose#99, koajs/compose#112, koajs/compose#104)', async () => {
    const request = new Completion<string>();
    const resumed: boolean[] = [];
    request.intercept((outcome) => {
      const resume = outcome.hold();
      queueMicrotask(() => resumed.push(resume(), resume()));
    });
    expect([request.complete('first'), request.complete('second')]).to.deep.equal([true, false]);
    expect([await request, resumed]).to.deep.equal(['first', [true, false]]);
  });

  it('holds answers until a token has been refreshed, once for all of them, and sends again (axios/axios#5895, Flyrell/axios-auth-refresh#113, Flyrell/axios-auth-refresh#139, Flyrell/axios-auth-refresh#156, Flyrell/axios-auth-refresh#248)', async () => {
    let token = 'old';
    let refreshes = 0;
    let refreshing: Completion | null = null;
    const refresh = (): Completion => {
      if (refreshing !== null) return refreshing;
      refreshes++;
      const done = (refreshing = new Completion());
      setImmediate(() => {
        token = 'new';
        refreshing = null;
        done.complete();
      });
      return done;
    };
    const sent: string[] = [];
    const send = (reply: Completion<number>, epoch: number): void => {
      const used = token;
      sent.push(used);
      queueMicrotask(() => reply.complete(used === 'new' ? 200 : 401, epoch));
    };
    const request = (): Completion<number> => {
      const reply = new Completion<number>();
      reply.intercept((outcome: Outcome<number>) => {
        if (outcome.value !== 401) return;
        const resume = outcome.hold();
        refresh().notify(() => {
          if (reply.cancelRequested) resume();
          else send(reply, outcome.rearm());
        });
      });
      send(reply, reply.epoch);
      return reply;
    };
    const replies = [request(), request(), request()];
    expect(await Promise.all(replies)).to.deep.equal([200, 200, 200]);
    expect([refreshes, sent]).to.deep.equal([1, ['old', 'old', 'old', 'new', 'new', 'new']]);
  });

  it('lets a caller give up while its answer is held (Flyrell/axios-auth-refresh#113)', () => {
    const reply = new Completion<number>();
    const asked: unknown[] = [];
    let resume: () => boolean = () => false;
    reply.intercept((outcome) => {
      resume = outcome.hold(null, (reason) => {
        asked.push(reason);
        outcome.fail(new Error('given up'));
      });
    });
    reply.complete(401);
    expect([reply.cancel('closed'), asked, reply.state]).to.deep.equal(['requested', ['closed'], 'completing']);
    expect([resume(), reply.state]).to.deep.equal([true, 'failed']);
  });

  it('lets a layer be taken out again (webpack/tapable#75, webpack/tapable#109, webpack/tapable#71)', () => {
    const compiled = new Completion<string[]>();
    const tap = (name: string) => compiled.intercept((outcome) => outcome.succeed([...outcome.value, name])); // prettier-ignore
    tap('outer');
    const removed = tap('removed');
    tap('inner');
    expect(compiled.remove(removed)).to.equal(true);
    compiled.complete([]);
    expect(compiled.value).to.deep.equal(['inner', 'outer']);
  });
});
