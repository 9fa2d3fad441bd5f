import { once } from 'node:events';
import { connect } from 'node:net';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { useDisks } from './disk-support.js';
import { built, start, until, type Child } from './support.js';

describe('wakechain serve', function () {
  this.timeout(60_000);
  const disks = useDisks();
  const children: Child[] = [];
  before(() => disks.run('create --file DIR/a DIR/b --layers mirror --size 1M'));
  afterEach(() => {
    for (const child of children.splice(0)) if (child.running) child.kill('SIGKILL');
  });

  /** Starts it, and waits until it listens. */
  async function serve(line: string): Promise<Child> {
    const args = ['serve', '--file', 'a', 'b', '--layers', 'mirror', ...line.split(' ')];
    const child = start(process.execPath, [built, ...args], { tmp: disks.tmp, cwd: disks.path });
    children.push(child);
    await until(child, () => child.stdout.includes('\n'));
    return child;
  }

  it('prints the URI, and on an interrupt drains, flushes and exits with 0', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const child = await serve('--port 0 --export disk');
      expect(child.stdout).to.match(/^nbd:\/\/127\.0\.0\.1:\d+\/disk\n$/);
      child.kill(signal);
      const { code, stderr } = await child.ended;
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: 'wakechain: draining; again to quit at once\n' });
    }
    expect(await disks.run('check --file DIR/a DIR/b --layers mirror')).to.include({ code: 0 });
  });

  it('greets clients on a socket, and takes one over that a killed server has left', async () => {
    const first = await serve('--socket s.sock');
    expect(first.stdout).to.equal('nbd+unix:///?socket=s.sock\n');
    first.kill('SIGKILL');
    await first.ended;
    expect(existsSync(join(disks.path, 's.sock'))).to.equal(true);
    const second = await serve('--socket s.sock');
    const socket = connect(join(disks.path, 's.sock'));
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    expect(greeting.subarray(0, 16).toString()).to.equal('NBDMAGICIHAVEOPT');
    socket.destroy();
    // Nor does it take one over that is in use.
    const third = await disks.run('serve --file DIR/a --socket DIR/s.sock');
    expect([third.code, third.stdout]).to.deep.equal([1, '']);
    expect(third.stderr).to.match(/EADDRINUSE/);
    second.kill('SIGINT');
    expect((await second.ended).code).to.equal(0);
  });

  it('quits at once, with 130, when it is interrupted again while it drains', async () => {
    const child = await serve('--socket busy.sock');
    const socket = connect(join(disks.path, 'busy.sock'));
    await once(socket, 'data');
    child.kill('SIGINT');
    await until(child, () => child.stderr.includes('draining'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (child.running) child.kill('SIGINT');
    expect([0, 130]).to.include((await child.ended).code);
    socket.destroy();
  });

  it('refuses TLS that is incomplete, and keys that are none, with exit code 2', async () => {
    writeFileSync(join(disks.path, 'keys'), 'nonsense\n');
    const psk = await disks.run('serve --file DIR/a --tls-psk DIR/keys');
    expect([psk.code, psk.stdout]).to.deep.equal([2, '']);
    expect(psk.stderr).to.match(/keys: line 1 is not name:hex digits\n$/);
    expect(await disks.run('serve --file DIR/a --tls-cert x')).to.include({ code: 2, stdout: '' });
    expect(await disks.run('serve --file DIR/a --socket x --port 1')).to.include({ code: 2, stdout: '' });
    expect(await disks.run('serve --file DIR/a --port 65536')).to.include({ code: 2, stdout: '' });
  });
});
