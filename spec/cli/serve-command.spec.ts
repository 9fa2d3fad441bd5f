import { once } from 'node:events';
import { connect } from 'node:net';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { NbdDevice, NbdServer } from '../../lib/nbd/index.js';
import { PagePool, VolatileDevice } from '../../lib/io/index.js';
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

  it('flushes what clients have written and not flushed before it exits (I7)', async () => {
    // Behind a server of its own, so that it can be seen what became stable before the connection was closed.
    await using disk = new VolatileDevice({ size: 1 << 16 });
    await using far = new NbdServer({ exports: { '': { device: disk } } });
    writeFileSync(join(disks.path, 'far.json'), JSON.stringify({ device: { type: 'nbd', uri: await far.listen({ port: 0 }) } })); // prettier-ignore
    const args = [built, 'serve', 'far.json', '--socket', 'far.sock'];
    const child = start(process.execPath, args, { tmp: disks.tmp, cwd: disks.path });
    children.push(child);
    await until(child, () => child.stdout.includes('\n'));
    await using client = await NbdDevice.open(`nbd+unix:///?socket=${join(disks.path, 'far.sock')}`, { waitMs: 0 });
    const pages = new PagePool().allocate(4096);
    pages.set(new Uint8Array(4096).fill(3));
    await client.write(pages, { position: 8192 });
    expect([disk.contents[8192], disk.stable[8192]]).to.deep.equal([3, 0]);
    child.kill('SIGINT');
    expect((await child.ended).code).to.equal(0);
    expect(disk.stable.subarray(8192, 12288)).to.deep.equal(new Uint8Array(4096).fill(3));
    pages.free();
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
    writeFileSync(join(disks.path, 'other'), new Uint8Array(512));
    const third = await disks.run('serve --file DIR/other --socket DIR/s.sock');
    expect([third.code, third.stdout]).to.deep.equal([1, '']);
    expect(third.stderr).to.match(/EADDRINUSE/);
    // Nor is a file taken for a socket that was left.
    const file = await disks.run('serve --file DIR/other --socket DIR/other');
    expect([file.code, readFileSync(join(disks.path, 'other')).length]).to.deep.equal([1, 512]);
    second.kill('SIGINT');
    expect((await second.ended).code).to.equal(0);
  });

  it('serves several stacks, each under its name, and the one that the call names by default', async () => {
    for (const name of ['x', 'y']) {
      writeFileSync(join(disks.path, `${name}.img`), new Uint8Array(name === 'x' ? 8192 : 4096));
      const device = { type: 'file', path: join(disks.path, `${name}.img`), name };
      writeFileSync(join(disks.path, `${name}.json`), JSON.stringify({ device }));
    }
    const several = start(process.execPath, [built, 'serve', '--export', 'x=x.json', '--export', 'y/z=y.json', '--socket', 'n.sock'], { tmp: disks.tmp, cwd: disks.path }); // prettier-ignore
    children.push(several);
    await until(several, () => several.stdout.split('\n').length === 3);
    expect(several.stdout).to.equal('nbd+unix:///x?socket=n.sock\nnbd+unix:///y/z?socket=n.sock\n');
    const at = (name: string): string => `nbd+unix:///${name}?socket=${join(disks.path, 'n.sock')}`;
    expect((await NbdDevice.list(at(''))).map(({ name, description }) => [name, description])).to.deep.equal([
      ['x', 'x'],
      ['y/z', 'y'],
    ]);
    const y = await NbdDevice.open(at('y/z'));
    const pages = new PagePool().allocate(512);
    pages.set(new Uint8Array(512).fill(7));
    await y.write(pages.range(0, 512), { position: 512 });
    await y.close();
    several.kill('SIGINT');
    expect((await several.ended).code).to.equal(0);
    expect(readFileSync(join(disks.path, 'y.img')).subarray(510, 514)).to.deep.equal(Buffer.from([0, 0, 7, 7]));
    const both = await serve('--export x=x.json --socket m.sock');
    await until(both, () => both.stdout.split('\n').length === 3);
    expect(both.stdout).to.equal('nbd+unix:///?socket=m.sock\nnbd+unix:///x?socket=m.sock\n');
    const whole = await NbdDevice.open(`nbd+unix:///?socket=${join(disks.path, 'm.sock')}`);
    expect(whole.size).to.be.greaterThan(8192);
    await whole.close();
    both.kill('SIGINT');
    expect((await both.ended).code).to.equal(0);
  });

  it('refuses names that come twice, lack a stack, or share a file, with exit code 2', async () => {
    writeFileSync(join(disks.path, 'z.img'), new Uint8Array(4096));
    writeFileSync(join(disks.path, 'z.json'), JSON.stringify({ device: { type: 'file', path: join(disks.path, 'z.img') } })); // prettier-ignore
    for (const [line, says] of [
      ['--export z', 'name a stack'],
      ['--export z=', 'needs the file of a stack'],
      ['--export z=DIR/z.json --export z=DIR/z.json', 'comes twice'],
      ['--file DIR/z.img --export a --export b', 'second name'],
      ['--file DIR/z.img --export =DIR/z.json', 'comes twice'],
      ['--export z=DIR/z.json --export a=DIR/z.json', 'file of its own'],
    ] as const) {
      const { code, stdout, stderr } = await disks.run(`serve ${line} --socket DIR/never.sock`);
      expect([code, stdout], line).to.deep.equal([2, '']);
      expect(stderr).to.include(says);
    }
    expect(existsSync(join(disks.path, 'never.sock'))).to.equal(false);
  });

  it('keeps its files from other commands, until it has ended', async function () {
    // Only Linux has abstract sockets.
    if (process.platform !== 'linux') this.skip();
    const child = await serve('--port 0');
    const check = await disks.run('check --file DIR/b --repair');
    expect(check).to.deep.include({ code: 1, stdout: '' });
    expect(check.stderr).to.equal(`wakechain: ${join(disks.path, 'b')} is in use by another wakechain command\n`);
    expect(await disks.run('info --file DIR/a DIR/b --layers mirror')).to.include({ code: 0 });
    child.kill('SIGKILL');
    await child.ended;
    expect(await disks.run('check --file DIR/b')).to.include({ code: 0 });
  });

  it('keeps clients to the limits that it was given, and refuses those that cannot be (P3, I6)', async () => {
    const child = await serve('--socket l.sock --max-connections 1 --max-request-size 64K');
    const uri = `nbd+unix:///?socket=${join(disks.path, 'l.sock')}`;
    const client = await NbdDevice.open(uri, { waitMs: 0 });
    const pages = new PagePool().allocate(256 * 1024);
    // The client keeps to what was announced.
    expect(await client.read(pages, { position: 0 })).to.equal(256 * 1024);
    const refused = await NbdDevice.open(uri).then((second) => second.close(), (error: unknown) => error); // prettier-ignore
    pages.free();
    await client.close();
    expect(refused).to.have.property('code', 'ERR_NBD_GONE');
    child.kill('SIGINT');
    expect((await child.ended).stderr).to.match(/: refused: 1 connections are open, which is the limit\n/);
    const wrong = await disks.run('serve --file DIR/none --max-request-size 1G');
    expect([wrong.code, wrong.stdout]).to.deep.equal([2, '']);
    expect(wrong.stderr).to.match(
      /^wakechain: --max-request-size must not pass what one connection may have in flight, .*\n$/,
    );
  });

  it('opens files to be read only, and leaves them to others, unless an array has to store that it was opened', async () => {
    writeFileSync(join(disks.path, 'image'), new Uint8Array(8192).fill(5));
    const servers = [1, 2].map((i) => {
      const args = [built, 'serve', '--file', 'image', '--read-only', '--socket', `image-${String(i)}.sock`];
      return start(process.execPath, args, { tmp: disks.tmp, cwd: disks.path });
    });
    children.push(...servers);
    for (const [i, child] of servers.entries()) {
      await until(child, () => child.stdout.includes('\n'));
      const socket = join(disks.path, `image-${String(i + 1)}.sock`);
      await using client = await NbdDevice.open(`nbd+unix:///?socket=${socket}`, { waitMs: 0 });
      const pages = new PagePool().allocate(4096);
      expect(await client.read(pages, { position: 4096 })).to.equal(4096);
      expect([pages.bytes(0, 1)[0], client.operations.includes('write')]).to.deep.equal([5, false]);
      pages.free();
    }
    const array = await serve('--read-only --port 0');
    expect((await disks.run('check --file DIR/a DIR/b --layers mirror')).stderr).to.include('in use by another');
    for (const child of [...servers, array]) child.kill('SIGINT');
    for (const child of [...servers, array]) expect((await child.ended).code).to.equal(0);
  });

  it('says in one line what is wrong with a stack, a socket or a port (I6)', async () => {
    writeFileSync(join(disks.path, 'disk'), Buffer.from('\0\n'.repeat(2048)));
    writeFileSync(join(disks.path, 'ok.json'), JSON.stringify({ device: { type: 'null' } }));
    writeFileSync(join(disks.path, 'cut.json'), '{"device":\n\n{');
    const child = await serve('--port 0');
    const port = new URL(child.stdout.trim()).port;
    for (const [line, code, says] of [
      ['DIR/disk', 2, 'disk is no description of a stack in JSON; name a backing file with --file'],
      ['DIR/cut.json', 2, 'cut.json: Expected property name'],
      ['DIR/ok.json --layers crypt', 2, 'ok.json says itself what it is made of'],
      ['DIR/ok.json --key-file k', 2, '--key-file goes with --file'],
      [`DIR/ok.json --socket ${'x'.repeat(120)}`, 2, 'it has 120 bytes, and the system takes'],
      ['DIR/ok.json --socket DIR/none/s', 1, 'none: no such file or directory (ENOENT)'],
      [`DIR/ok.json --port ${port}`, 1, 'EADDRINUSE'],
      ['DIR', 1, 'illegal operation on a directory (EISDIR)'],
      ['DIR/none.json', 1, 'none.json: no such file or directory (ENOENT)'],
    ] as const) {
      const ended = await disks.run(`serve ${line}`);
      expect([ended.code, ended.stdout], line).to.deep.equal([code, '']);
      expect(ended.stderr, line)
        .to.include(says)
        .and.to.match(/^wakechain: [^\n]+\n$/);
    }
  });

  it('quits at once, with 130, when it is interrupted again while it drains', async () => {
    const slow = { type: 'delay', delayMs: 600_000, lower: { type: 'memory', size: 4096 } };
    writeFileSync(join(disks.path, 'slow.json'), JSON.stringify({ device: slow }));
    const args = [built, 'serve', 'slow.json', '--socket', 'slow.sock'];
    const child = start(process.execPath, args, { tmp: disks.tmp, cwd: disks.path });
    children.push(child);
    await until(child, () => child.stdout.includes('\n'));
    const client = await NbdDevice.open(`nbd+unix:///?socket=${join(disks.path, 'slow.sock')}`, { waitMs: 0 });
    const pages = new PagePool().allocate(512);
    const read = client.read(pages.range(0, 512), { position: 0 }).promise();
    const failed = read.then(null, (error: unknown) => error);
    // The server takes requests in order: once it has answered this one, the read is under way.
    await until(child, () => client.started > client.ended);
    child.kill('SIGINT');
    await until(child, () => child.stderr.includes('draining'));
    // Longer than what is taken for one interrupt, and much shorter than what a drain may take.
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGINT');
    expect((await child.ended).code).to.equal(130);
    expect(await failed).to.be.instanceOf(Error);
    pages.free();
    await client.close();
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
