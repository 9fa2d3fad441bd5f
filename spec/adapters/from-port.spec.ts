import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { fromPort } from '../../lib/adapters/from-port.js';
import { toPort } from '../../lib/adapters/to-port.js';
import { Channel } from '../../lib/sync/channel.js';
import { rejection } from '../sync/kit.js';

describe('fromPort', () => {
  it('has the messages of a worker, and ends when that exits', async () => {
    const worker = new Worker("const { parentPort } = require('node:worker_threads'); for (const n of [1, 2]) parentPort.postMessage(n);", { eval: true }); // prettier-ignore
    const seen: unknown[] = [];
    for await (const message of fromPort<number>(worker)) seen.push(message);
    expect([seen, worker.listenerCount('message')]).to.deep.equal([[1, 2], 0]);
  });

  it('fails when the worker does', async () => {
    const worker = new Worker("throw new Error('broken')", { eval: true });
    expect(String(await rejection(fromPort(worker).receive()))).to.equal('Error: broken');
  });

  it('has the messages of a MessagePort, that toPort posts through the other', async () => {
    const { port1, port2 } = new MessageChannel();
    const sent = new Channel<unknown>(Infinity);
    for (const value of ['a', { b: 1 }]) sent.trySend(value);
    const posting = toPort(sent, port1);
    using received = fromPort(port2);
    expect([await received.receive(), await received.receive()]).to.deep.equal(['a', { b: 1 }]);
    posting.cancel();
    port1.close();
    expect(await rejection(received.receive())).to.have.property('code', 'ERR_CHANNEL_CLOSED');
  });

  it('fails when a message cannot be read', async () => {
    const { port1, port2 } = new MessageChannel();
    const received = fromPort(port2);
    port2.dispatchEvent(new Event('messageerror'));
    expect(await rejection(received.receive())).to.have.property('type', 'messageerror');
    port1.close();
  });
});
