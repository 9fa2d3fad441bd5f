import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { expect } from 'chai';
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../lib/sync/pollable.js';
import { Poller } from '../../lib/sync/poller.js';
import { StreamSource } from '../../lib/sync/stream-source.js';

describe('StreamSource', () => {
  it('is ready while there is something to read, room to write, or an end', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    using source = new StreamSource(stream);
    const poller = new Poller();
    poller.add(source, { events: POLLIN | POLLOUT });
    expect((await poller.wait())[0]?.events).to.equal(POLLOUT);
    stream.write('12345678');
    expect((await poller.wait())[0]?.events).to.equal(POLLIN);
    expect(String(stream.read())).to.equal('12345678');
    poller.modify(source, { events: POLLOUT });
    expect((await poller.wait())[0]?.events).to.equal(POLLOUT);
    poller.modify(source, { events: POLLIN });
    stream.end();
    expect(((await poller.wait())[0]?.events ?? 0) & POLLIN).to.equal(POLLIN);
    expect(stream.readableEnded).to.equal(true);
    expect(source.ready()).to.equal(POLLIN | POLLHUP);
  });

  it('tells of a stream that fails, whose error counts as handled', async () => {
    const stream = new Readable({ read: () => undefined });
    using source = new StreamSource(stream);
    const poller = new Poller();
    poller.add(source);
    const waiting = poller.wait();
    stream.destroy(new Error('broken'));
    expect((await waiting)[0]?.events).to.equal(POLLERR | POLLHUP);
  });

  it('leaves no listener behind', () => {
    const stream = new PassThrough();
    const before = stream.eventNames().length;
    new StreamSource(stream)[Symbol.dispose]();
    expect(stream.eventNames()).to.have.length(before);
  });

  it('lets one poller serve many sockets', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const accepted: Socket[] = [];
    server.on('connection', (socket) => accepted.push(socket));
    const clients = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
    await Promise.all(clients.map((client) => once(client, 'connect')));
    while (accepted.length < clients.length) await once(server, 'connection');
    const poller = new Poller<Socket>();
    const sources = accepted.map((socket) => new StreamSource(socket));
    for (const [i, source] of sources.entries()) poller.add(source, { data: accepted[i] as Socket });
    for (const [i, client] of clients.entries()) client.end(`client ${String(i)}`);
    const texts = new Map<Socket, string>();
    let ended = 0;
    while (ended < clients.length) {
      for (const { data: socket, source } of await poller.wait({ maxEvents: 4 })) {
        const chunk = socket.read() as Buffer | null;
        if (chunk !== null) texts.set(socket, (texts.get(socket) ?? '') + chunk.toString());
        else if (socket.readableEnded) {
          poller.remove(source);
          ended++;
        }
      }
    }
    expect([...texts.values()].sort()).to.deep.equal(clients.map((_, i) => `client ${String(i)}`).sort());
    for (const source of sources) source[Symbol.dispose]();
    for (const socket of [...clients, ...accepted]) socket.destroy();
    server.close();
    await once(server, 'close');
  });
});
