import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { MemoryDevice, PagePool, scrub } from '../../lib/io/index.js';
import { NbdServer } from '../../lib/nbd/index.js';
import { openStack, rehearse, type StackDescription } from '../../lib/stack/index.js';

describe('openStack', () => {
  let directory = '';

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wakechain-stack-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  async function described(): Promise<StackDescription> {
    const keyFile = join(directory, 'key');
    await writeFile(
      keyFile,
      Uint8Array.from({ length: 64 }, (_, i) => i),
    );
    const members = ['a', 'b'].map((file) => ({ type: 'file' as const, path: join(directory, file), size: 1 << 20 }));
    const stripe = { type: 'stripe' as const, chunk: 8192, members };
    const crypt = { type: 'crypt' as const, keyFile, lower: { type: 'queue' as const, depth: 4, lower: stripe } };
    return { strategy: 'cloneKiobufTracked', device: { type: 'cache', lines: 16, mode: 'back', lower: crypt } };
  }

  it('opens what JSON describes, and finds after reopening what was written', async () => {
    const description: unknown = JSON.parse(JSON.stringify(await described()));
    const text = new TextEncoder().encode('kept');
    {
      await using stack = await openStack(description);
      const pages = stack.pool.allocate(1 << 16);
      pages.set(text);
      await stack.top.write(pages, { position: 1 << 16 });
      expect(stack.top.strategy.name).to.equal('cloneKiobufTracked');
    }
    const files = (description as { device: { lower: { lower: { lower: { members: { size?: number }[] } } } } }).device;
    for (const member of files.lower.lower.lower.members) delete member.size;
    await using again = await openStack(description);
    const pages = again.pool.allocate(1 << 16);
    await again.top.read(pages, { position: 1 << 16 });
    expect(pages.bytes(0, text.length)).to.deep.equal(text);
  });

  it('inspects the devices as a tree', async () => {
    await using stack = await openStack({
      device: {
        type: 'stripe',
        members: [
          { type: 'memory', size: 1 << 20 },
          { type: 'memory', size: 1 << 20, name: 'b' },
        ],
      },
    });
    const { kind, size, lowers } = stack.inspect();
    expect([kind, size, lowers.map((lower) => lower.name)]).to.deep.equal(['Stripe', 1 << 21, ['memory', 'b']]);
  });

  it('inspects what is in flight and what waits', async () => {
    await using stack = await openStack({
      device: { type: 'queue', depth: 1, lower: { type: 'delay', delayMs: 1, lower: { type: 'memory', size: 8192 } } },
    });
    const pages = stack.pool.allocate(4096);
    const reads = [0, 4096].map((position) => stack.top.read(pages, { position }));
    const { inFlight, figures, memoryAlignment, lowers } = stack.inspect();
    expect([inFlight, figures.queued, lowers[0]?.figures, memoryAlignment]).to.deep.equal([2, 1, { held: 1 }, 1]);
    await Promise.all(reads.map((read) => read.promise()));
    expect(stack.inspect()).to.include({ inFlight: 0 });
  });

  it('makes an array anew when it is asked to, and opens what is there otherwise', async () => {
    const members = ['a', 'b', 'c'].map((file) => ({ type: 'file', path: join(directory, file), size: 1 << 20 }));
    const description = { device: { type: 'parity', chunk: 4096, members } };
    expect(await openStack(description).catch((error: unknown) => (error as { code: string }).code)).to.equal(
      'ERR_STACK',
    );
    await (await openStack(description, { create: true })).close();
    const [first] = (await openStack(description)).inspect().lowers;
    expect([first?.kind, first?.size]).to.deep.equal(['FileDevice', 1 << 20]);
  });

  const wrong: Record<string, [unknown, RegExp]> = {
    'not an object': [7, /^the description: .*received 7/],
    'an unknown strategy': [{ strategy: 'zigzag', device: { type: 'null' } }, /^strategy: .*received "zigzag"/],
    'an unknown device': [
      { device: { type: 'pass', lower: { type: 'tape' } } },
      /^device\.lower\.type: .*received "tape"/,
    ],
    'a missing field': [{ device: { type: 'memory' } }, /^device\.size: /],
    'a field too many': [{ device: { type: 'null', sizes: 5 } }, /^device\.sizes: /],
    'a wrong value deep below': [
      { device: { type: 'stripe', members: [{ type: 'null' }, { type: 'memory', size: -1 }] } },
      /^device\.members\.1\.size: .*received -1/,
    ],
    'a fault that is none': [
      { device: { type: 'fault', lower: { type: 'null' }, rules: [{ kind: 'error', rate: 2 }] } },
      /^device\.rules\.0\.rate: .*received 2/,
    ],
    'no rate': [
      { device: { type: 'throttle', lower: { type: 'null' }, bytesPerSecond: 0 } },
      /^device\.bytesPerSecond: .*received 0/,
    ],
    'direct and blocking at once': [
      { device: { type: 'pass', lower: { type: 'file', path: '/nowhere', direct: true, blocking: true } } },
      /^device\.lower\.blocking \(file\): blocking must not be given with direct/,
    ],
    'extents that overlap': [
      {
        device: {
          type: 'loop',
          lower: { type: 'null' },
          extents: [
            { start: 0, length: 1024 },
            { start: 512, length: 512 },
          ],
        },
      },
      /^device\.extents \(loop\): extents must not overlap/,
    ],
    'a device that cannot be made': [
      { device: { type: 'stripe', chunk: 100, members: [{ type: 'null' }] } },
      /^device\.chunk \(stripe\): chunk must be .*got 100/,
    ],
  };

  for (const [what, [description, message]] of Object.entries(wrong)) {
    it(`refuses ${what}, naming its path (I6)`, async () => {
      const error = await openStack(description).catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'ERR_STACK' });
      expect((error as Error).message).to.match(message);
    });
  }

  it('closes what it had opened when a device fails', async () => {
    const path = join(directory, 'there');
    await writeFile(path, new Uint8Array(4096));
    const members = [path, join(directory, 'missing')].map((each) => ({ type: 'file', path: each }));
    const error = await openStack({ device: { type: 'stripe', members } }).catch((reason: unknown) => reason);
    expect((error as Error).message).to.match(/^device\.members\.1\.path \(file\): ENOENT/);
    const open = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    expect(open.filter((target) => target.startsWith(directory))).to.deep.equal([]);
  });

  it('never cuts a file: a size that is less is refused with its path, the same is taken, and a larger one extends (I6)', async () => {
    const path = join(directory, 'long');
    const bytes = Uint8Array.from({ length: 8192 }, (_, i) => i % 251);
    await writeFile(path, bytes);
    const sized = (size: number): unknown => ({
      device: {
        type: 'stripe',
        chunk: 512,
        members: [
          { type: 'memory', size: 8192 },
          { type: 'file', path, size },
        ],
      },
    });
    for (const create of [false, true]) {
      const error = await openStack(sized(4096), { create }).catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'ERR_STACK' }).and.to.have.nested.property('cause.code', 'ERR_SIZE');
      expect((error as Error).message).to.match(/^device\.members\.1\.size \(file\): .*8192 bytes, got 4096/);
      expect(Buffer.compare(await readFile(path), bytes)).to.equal(0);
    }
    await (await openStack(sized(8192))).close();
    expect(Buffer.compare(await readFile(path), bytes)).to.equal(0);
    await (await openStack(sized(16384))).close();
    expect(Buffer.compare(await readFile(path), Buffer.concat([bytes, new Uint8Array(8192)]))).to.equal(0);
  });

  it('opens an array without a member that cannot be opened, when it may be degraded, and finds devices by path', async () => {
    const members = ['a', 'b'].map((file) => ({ type: 'file', path: join(directory, file), size: 1 << 20 }));
    const description = { device: { type: 'pass', lower: { type: 'mirror', members } } };
    await (await openStack(description, { create: true, blank: true })).close();
    await rm(join(directory, 'b'));
    delete (members[1] as { size?: number }).size;
    const refused = await openStack(description).catch((error: unknown) => (error as { code: string }).code);
    expect(refused).to.equal('ERR_STACK');
    await using stack = await openStack(description, { degraded: true });
    expect(stack.missing.map(({ path }) => path)).to.deep.equal(['device.lower.members.1']);
    expect(stack.at('device.lower.members.0')?.name).to.equal(join(directory, 'a'));
    expect([stack.at('device'), stack.at('device.lower.members.1')]).to.deep.equal([stack.top, undefined]);
  });

  it('leaves nothing of a member open that it does without', async () => {
    const file = { type: 'file', path: join(directory, 'a'), size: 1 << 20 };
    const broken = {
      type: 'crypt',
      keyFile: join(directory, 'no key'),
      lower: { ...file, path: join(directory, 'b') },
    };
    const description = { device: { type: 'mirror', members: [file, broken] } };
    await (await openStack({ device: { type: 'mirror', members: [file] } }, { create: true })).close();
    await using stack = await openStack(description, { degraded: true });
    expect(stack.missing).to.have.length(1);
    expect(await openFiles()).to.deep.equal([join(directory, 'a')]);
  });

  it('makes members agree that do not read the same, though their files may be blank (I8)', async () => {
    const [a, b] = ['a', 'b'].map((file) => ({ type: 'file', path: join(directory, file), size: 1 << 20 }));
    const keys = [1, 2].map((byte) => join(directory, `key ${String(byte)}`));
    for (const [i, key] of keys.entries())
      await writeFile(
        key,
        Uint8Array.from({ length: 64 }, (_, at) => at + i),
      );
    await writeFile(join(directory, 'a'), new Uint8Array(1 << 20).fill(1));
    await (await openStack({ device: { type: 'mirror', members: [a, b] } }, { create: true })).close();
    await checkAgree([a, b]);
    for (const file of ['a', 'b']) await writeFile(join(directory, file), new Uint8Array(1 << 20));
    const encrypted = [a, b].map((lower, i) => ({ type: 'crypt', keyFile: keys[i], lower }));
    const options = { create: true, blank: true };
    await (await openStack({ device: { type: 'mirror', members: encrypted } }, options)).close();
    await checkAgree(encrypted);
  });

  async function checkAgree(members: unknown[]): Promise<void> {
    await using stack = await openStack({ device: { type: 'mirror', members } });
    expect((await scrub(stack.top)).flatMap(({ problems }) => problems)).to.deep.equal([]);
  }

  it('leaves files and servers as they are below an overlay, under any design (I3)', async () => {
    const disk = new MemoryDevice({ size: 8192 });
    await using server = new NbdServer({ exports: { '': { device: disk } } });
    const path = join(directory, 'a');
    await writeFile(path, new Uint8Array(8192));
    const far = { type: 'nbd', uri: await server.listen({ port: 0 }) };
    const device = { type: 'stripe', chunk: 4096, members: [{ type: 'file', path, size: 16384 }, far] };
    const pool = new PagePool();
    await using stack = await openStack({ strategy: 'cloneKiobuf', device }, { overlay: true, pool });
    const pages = pool.allocate(16384);
    pages.set(new Uint8Array(16384).fill(7));
    await stack.top.write(pages, { position: 0 });
    pages.set(new Uint8Array(16384));
    await stack.top.read(pages, { position: 0 });
    expect(pages.bytes().every((byte) => byte === 7)).to.equal(true);
    expect([(await readFile(path)).equals(Buffer.alloc(8192)), disk.contents.every((byte) => byte === 0)]).to.deep.equal([true, true]); // prettier-ignore
    const { kind, lowers } = stack.inspect();
    expect([kind, lowers.map((lower) => [lower.kind, lower.lowers.map((each) => each.kind)])]).to.deep.equal([
      'Stripe',
      [
        ['Overlay', ['FileDevice']],
        ['Overlay', ['NbdDevice']],
      ],
    ]);
    const names = ['device', 'device.members.0', 'device.members.1'].map((at) => stack.at(at)?.strategy.name);
    expect([names, stack.pool]).to.deep.equal([['cloneKiobuf', 'cloneKiobuf', 'cloneKiobuf'], pool]);
    pages.free();
  });

  it('closes all devices also when one cannot give back what it should, and says what the first said', async () => {
    const lower = { type: 'memory', size: 8192 };
    const stack = await openStack({ device: { type: 'pass', lower: { type: 'pass', lower } } });
    const middle = stack.at('device.lower')!;
    sinon.stub(middle, 'close').rejects(new Error('it cannot'));
    const failure: unknown = await stack.close().catch((error: unknown) => error);
    expect([String(failure), stack.top.closed, stack.at('device.lower.lower')?.closed]).to.deep.equal(['Error: it cannot', true, true]); // prettier-ignore
  });

  it('closes a member too that has missed something, which its array was opened without', async () => {
    for (const type of ['mirror', 'parity']) {
      const files = ['a', 'b', 'c'].map((file) => ({
        type: 'file',
        path: join(directory, type + file),
        size: 1 << 20,
      }));
      const description = { device: { type, members: files } };
      await (await openStack(description, { create: true })).close();
      const stale = join(directory, `${type}c`);
      const before = await readFile(stale);
      await rm(stale);
      const found = { device: { type, members: files.map(({ size: _, ...file }) => file) } };
      await (await openStack(found, { degraded: true })).close();
      await writeFile(stale, before);
      await (await openStack(description, { degraded: true })).close();
      expect(await openFiles(), type).to.deep.equal([]);
    }
  });

  /** What this process has open of the directory. */
  async function openFiles(): Promise<string[]> {
    const open = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    return open.filter((path) => path.startsWith(directory));
  }

  describe('rehearse', () => {
    it('says whether a stack can be made, and changes neither files nor what a server holds', async () => {
      const disk = new MemoryDevice({ size: 1 << 20 });
      disk.contents.fill(9);
      await using server = new NbdServer({ exports: { '': { device: disk } } });
      const [a, b] = ['a', 'b'].map((file) => join(directory, file)) as [string, string];
      for (const path of [a, b]) await writeFile(path, 'something');
      const far = { type: 'nbd', uri: await server.listen({ port: 0 }) };
      const near = [a, b].map((path) => ({ type: 'checksum', lower: { type: 'file', path, size: 1 << 20 } }));
      const members = [...near, far];
      const stack = await rehearse({ device: { type: 'parity', members } }, { create: true });
      expect(stack.top.size).to.equal(15 * 2 * 65536);
      await stack.close();
      const failed: unknown = await rehearse({ device: { type: 'parity', members: members.slice(1) } }, { create: true }).then(null, (error: unknown) => error); // prettier-ignore
      expect(failed).to.have.property('message').that.includes('Parity needs');
      for (const path of [a, b]) expect(await readFile(path, 'utf8')).to.equal('something');
      expect(disk.contents.every((byte) => byte === 9)).to.equal(true);
      expect(await openFiles()).to.deep.equal([]);
    });
  });
});
