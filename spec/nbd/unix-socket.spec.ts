import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { NbdServer } from '../../lib/nbd/server.js';
import { clearStale, socketPathFault, whyNotThere } from '../../lib/nbd/unix-socket.js';
import { ArgumentRangeError } from '../../lib/wait/errors.js';
import { RawClient, servers } from './support.js';

/** Leaves the file of a socket behind, as only a process does that is killed. */
async function leaveBehind(path: string): Promise<void> {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(lstatSync(path).isSocket()).to.equal(true);
}

describe('clearStale', () => {
  const { newPath, serve } = servers();
  const device = new MemoryDevice({ size: 8192 });

  it('makes room where a server was killed, so that the next one listens there', async () => {
    const path = newPath();
    await leaveBehind(path);
    await using server = new NbdServer({ exports: { '': { device } } });
    await server.listen({ path });
    const client = await RawClient.go(path);
    client.close();
    expect(readdirSync(dirname(path)).filter((name) => name.includes('.sock.'))).to.deep.equal([]);
  });

  it('takes nothing away from who answers, nor what is no socket', async () => {
    const { path } = await serve(device);
    await using other = new NbdServer({ exports: { '': { device } } });
    const refused = await other.listen({ path }).catch((error: unknown) => error);
    expect(refused).to.have.property('code', 'EADDRINUSE');
    (await RawClient.go(path)).close();
    const file = newPath();
    writeFileSync(file, 'mine');
    expect([await clearStale(file), await clearStale(path), await clearStale(newPath())]).to.deep.equal([
      false,
      false,
      false,
    ]);
    expect(lstatSync(file).size).to.equal(4);
  });

  it('lets one of two who come at once listen', async () => {
    const path = newPath();
    await leaveBehind(path);
    await using one = new NbdServer({ exports: { '': { device } } });
    await using two = new NbdServer({ exports: { '': { device } } });
    const both = await Promise.allSettled([one.listen({ path }), two.listen({ path })]);
    expect(both.filter(({ status }) => status === 'fulfilled')).to.have.lengthOf(1);
    (await RawClient.go(path)).close();
  });
});

describe('socketPathFault', () => {
  it('refuses what the system would cut off, in bytes, before anything listens (I6)', async function () {
    // Elsewhere the system takes another length.
    if (process.platform !== 'linux') this.skip();
    expect([socketPathFault('x'.repeat(107)), socketPathFault('é'.repeat(53))]).to.deep.equal([null, null]);
    expect(socketPathFault('é'.repeat(54))).to.equal('it has 108 bytes, and the system takes 107');
    await using server = new NbdServer({ exports: { '': { device: new MemoryDevice({ size: 8192 }) } } });
    for (const path of ['', `/tmp/${'x'.repeat(103)}`]) {
      const refused: unknown = await server.listen({ path }).catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(ArgumentRangeError).with.property('code', 'ERR_SOCKET_PATH');
      expect(path !== '' && existsSync(path.slice(0, 107))).to.equal(false);
    }
  });
});

describe('whyNotThere', () => {
  it('tells of a folder that is not there, and passes on any other error', async () => {
    await using server = new NbdServer({ exports: { '': { device: new MemoryDevice({ size: 8192 }) } } });
    const refused: unknown = await server.listen({ path: '/no/such/folder/s' }).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'ENOENT', path: '/no/such/folder' });
    const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
    expect(await whyNotThere('/s', denied)).to.equal(denied);
  });
});
