import { expect } from 'chai';
import { anyOf } from '../../lib/event/any-of.js';
import { Wakened } from '../../lib/sync/wakened.js';
import { WaitQueue } from '../../lib/wait/queue.js';

describe('Wakened', () => {
  const refused = (): never => {
    throw new Error('refused');
  };

  it('has what is there, or what the wake brings', () => {
    const queue = new WaitQueue();
    const made = (there: string | null): Wakened<unknown> =>
      new Wakened<unknown>(queue, { arrive: () => (there === null ? null : { value: there }), woken: (key) => key });
    expect([anyOf([made('there')]).value, queue.size]).to.deep.equal(['there', 0]);
    const waits = anyOf([made(null)]);
    queue.wake('key');
    expect([waits.value, queue.size]).to.deep.equal(['key', 0]);
  });

  it('fails with what is thrown, at once or when it is woken, and leaves nothing', () => {
    const queue = new WaitQueue();
    const [now, later] = [
      new Wakened(queue, { arrive: refused, woken: () => 0, left: () => expect.fail('it never stood there') }),
      new Wakened(queue, { arrive: () => null, woken: refused, left: () => expect.fail('it was woken') }),
    ];
    for (const each of [now, later]) each.notify(() => undefined);
    queue.wake();
    expect([String(now.error), String(later.error), queue.size]).to.deep.equal(['Error: refused', 'Error: refused', 0]);
  });
});
