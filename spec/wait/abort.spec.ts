import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { onAbort } from '../../lib/wait/abort.js';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;
const nothing = (): void => undefined;

describe('onAbort', () => {
  it('calls every watcher once, in order of registration', () => {
    const controller = new AbortController();
    const calls: string[] = [];
    for (const name of ['a', 'b', 'c']) onAbort(controller.signal, () => calls.push(name));
    controller.abort();
    controller.abort();
    controller.signal.dispatchEvent(new Event('abort'));
    expect(calls).to.deep.equal(['a', 'b', 'c']);
  });

  it('keeps one listener however many watch (W6)', () => {
    const { signal } = new AbortController();
    const leave = Array.from({ length: 1000 }, () => onAbort(signal, () => undefined));
    expect(listeners(signal)).to.equal(1);
    for (const each of leave) each();
    expect(listeners(signal)).to.equal(0);
  });

  it('keeps the listener until the last watcher has left (W6)', () => {
    const { signal } = new AbortController();
    const first = onAbort(signal, () => undefined);
    const last = onAbort(signal, () => undefined);
    first();
    expect(listeners(signal)).to.equal(1);
    last();
    expect(listeners(signal)).to.equal(0);
  });

  it('leaves no listener after the abort (W6)', () => {
    const controller = new AbortController();
    onAbort(controller.signal, nothing);
    controller.abort();
    expect(listeners(controller.signal)).to.equal(0);
  });

  it('watches two signals apart', () => {
    const one = new AbortController();
    const other = new AbortController();
    const calls: string[] = [];
    const leave = onAbort(one.signal, () => calls.push('one'));
    onAbort(other.signal, () => calls.push('other'));
    other.abort();
    expect(calls).to.deep.equal(['other']);
    leave();
  });

  it('does not call a watcher that left, and leaving again does nothing', () => {
    const controller = new AbortController();
    const calls: string[] = [];
    const leave = onAbort(controller.signal, () => calls.push('left'));
    onAbort(controller.signal, () => calls.push('stayed'));
    leave();
    leave();
    controller.abort();
    leave();
    expect(calls).to.deep.equal(['stayed']);
  });

  it('watches again after the last watcher had left', () => {
    const controller = new AbortController();
    const calls: string[] = [];
    onAbort(controller.signal, nothing)();
    onAbort(controller.signal, () => calls.push('again'));
    controller.abort();
    expect(calls).to.deep.equal(['again']);
  });

  it('lets a watcher unregister the ones behind it', () => {
    const controller = new AbortController();
    const calls: string[] = [];
    let leaveLast = nothing;
    onAbort(controller.signal, () => {
      calls.push('first');
      leaveLast();
    });
    leaveLast = onAbort(controller.signal, () => calls.push('last'));
    controller.abort();
    expect(calls).to.deep.equal(['first']);
  });

  it('stands beside listeners of the user', () => {
    const controller = new AbortController();
    const calls: string[] = [];
    controller.signal.addEventListener('abort', () => calls.push('before'));
    const leave = onAbort(controller.signal, () => calls.push('ours'));
    controller.signal.addEventListener('abort', () => calls.push('after'));
    controller.abort();
    leave();
    expect(calls).to.deep.equal(['before', 'ours', 'after']);
  });
});
