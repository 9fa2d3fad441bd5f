import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { hasLoopDevices, loopDevice, noLoopDevices } from '../devices/loop-device.js';
import { useDisks } from './disk-support.js';
import { built, hasProc, start, takesInterrupts, until } from './support.js';

describe('wakechain create', function () {
  this.timeout(60_000);
  const disks = useDisks();
  const at = (name: string): string => join(disks.path, name);

  it('makes files, superblocks and a key, and tells what it has made', async () => {
    const { code, stdout, stderr } = await disks.run(
      'create --file DIR/a DIR/b --layers crypt,mirror,checksum --size 1M --key-file DIR/key',
    );
    expect({ code, stderr }).to.deep.equal({
      code: 0,
      stderr: `wakechain: made the key ${at('key')}: without it the data cannot be read\n`,
    });
    expect(stdout).to.match(/^crypt: .*\n {2}mirror: .*\n {4}mirror [-0-9a-f]{36}: 0 in-sync, 1 in-sync\n/);
    expect([statSync(at('a')).size, statSync(at('key')).size]).to.deep.equal([1 << 20, 64]);
    expect(statSync(at('key')).mode & 0o777).to.equal(0o600);
  });

  it('refuses files that hold something, unless it is forced to, and leaves nothing of a stack that cannot be', async () => {
    writeFileSync(at('held'), 'x'.repeat(1 << 20));
    const again = await disks.run('create --file DIR/held DIR/b --layers mirror --size 1M');
    expect(again).to.deep.include({ code: 1, stdout: '' });
    expect(again.stderr).to.equal(`wakechain: ${at('held')} exists and is not empty: --force makes it anew\n`);
    expect(readFileSync(at('held'), 'latin1') === 'x'.repeat(1 << 20)).to.equal(true);
    const forced = await disks.run('create --file DIR/held DIR/b --layers mirror --size 1M --force');
    expect(forced).to.include({ code: 0, stderr: '' });
    const tooFew = await disks.run('create --file DIR/x DIR/y --layers parity --size 1M');
    expect([tooFew.code, tooFew.stderr]).to.deep.equal([1, tooFew.stderr]);
    expect(tooFew.stderr).to.match(/^wakechain: device \(parity\): Parity needs .*\n$/);
    expect([existsSync(at('x')), existsSync(at('y'))]).to.deep.equal([false, false]);
  });

  it('gives nothing up for a stack that cannot be made, forced or not (I6)', async () => {
    const names = ['f', 'g'];
    for (const name of names) writeFileSync(at(name), name.repeat(1 << 20));
    const kept = (): unknown[] => names.map((name) => readFileSync(at(name), 'latin1') === name.repeat(1 << 20));
    const tooFew = await disks.run('create --file DIR/f DIR/g --layers parity --force');
    expect([tooFew.code, ...kept()]).to.deep.equal([1, true, true]);
    const noKey = await disks.run('create --file DIR/f --layers crypt --force', { WAKECHAIN_KEY: 'none' });
    expect([noKey.code, ...kept()]).to.deep.equal([1, true, true]);
    // Nor is anything left of what was made for it, a key among it.
    const tooSmall = await disks.run(
      'create --file DIR/f DIR/h --layers parity,crypt --force --key-file DIR/none --size 4M',
    );
    expect([tooSmall.code, tooSmall.stdout, existsSync(at('h')), existsSync(at('none')), ...kept()]).to.deep.equal([1, '', false, false, true, true]); // prettier-ignore
    writeFileSync(at('readonly.json'), JSON.stringify({ device: { type: 'file', path: at('f'), readOnly: true } }));
    const readOnly = await disks.run('create DIR/readonly.json --force');
    expect([readOnly.code, ...kept()]).to.deep.equal([2, true, true]);
    expect(readOnly.stderr).to.match(/f is to be read only: nothing can be made on it\n$/);
  });

  it('makes a stack on files once, when two are to at the same time (I6)', async () => {
    const both = await Promise.all([1, 2].map(() => disks.run('create --file DIR/p DIR/q --layers mirror --size 1M')));
    expect(both.map(({ code }) => code).sort()).to.deep.equal([0, 1]);
    expect(both.find(({ code }) => code === 1)?.stderr).to.match(/is in use by another|exists and is not empty/);
    expect(await disks.run('check --file DIR/p DIR/q --layers mirror')).to.include({ code: 0, stderr: '' });
  });

  const interrupted = async (line: string, isReached: () => boolean, signal: NodeJS.Signals) => {
    const child = start(process.execPath, [built, ...line.split(' ')], { tmp: disks.tmp, cwd: disks.path });
    await until(child, () => takesInterrupts(child.pid) && isReached());
    child.kill(signal);
    const { code, stdout, stderr } = await child.ended;
    return { code, stdout, stderr };
  };
  const needsProc = hasProc ? '' : ' (skipped: there is no /proc to tell how far it is)';

  (hasProc ? it : it.skip)(
    `removes what it has made, and that alone, when it is interrupted (I6)${needsProc}`,
    async () => {
      const described = (delayMs: number): void => {
        const slow = (name: string) => ({ type: 'delay', delayMs, lower: { type: 'file', path: name, size: 1 << 20 } });
        const crypt = { type: 'crypt', keyFile: 'new-key', lower: slow('i1') };
        writeFileSync(at('slow.json'), JSON.stringify({ device: { type: 'mirror', members: [crypt, slow('i2')] } }));
      };
      described(600_000);
      writeFileSync(at('i2'), '');
      const isMade = (): boolean => existsSync(at('i1')) && statSync(at('i1')).size > 0;
      const line = 'wakechain: interrupted; removed what had been made: i1, new-key\n';
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
        ['SIGHUP', 129],
      ] as const) {
        // prettier-ignore
        expect(await interrupted('create slow.json', isMade, signal)).to.deep.equal({ code, stdout: '', stderr: line });
        expect(['i1', 'i2', 'new-key'].map((name) => existsSync(at(name)))).to.deep.equal([false, true, false]);
        writeFileSync(at('i2'), '');
      }
      // What it is rehearsed on is as slow.
      described(50);
      writeFileSync(at('i2'), 'something');
      const forced = await interrupted('create slow.json --force', isMade, 'SIGINT');
      expect(forced.stderr).to.equal(`${line.trimEnd()}; what was on i2 is lost\n`);
    },
  );

  (hasLoopDevices ? it : it.skip)(
    `takes block devices as they are, and removes none (I6)${noLoopDevices}`,
    async () => {
      const loop = loopDevice(at('backing'), 1 << 20);
      const call = `--file ${loop.path} DIR/beside --layers mirror,checksum`;
      try {
        const asked = await disks.run(`create ${call} --size 1M`);
        expect([asked.code, existsSync(at('beside'))]).to.deep.equal([1, false]);
        expect(asked.stderr).to.equal(`wakechain: ${loop.path} exists and is not empty: --force makes it anew\n`);
        const noLayer = await disks.run(`create --file ${loop.path} DIR/beside --layers parity --size 1M --force`);
        expect([noLayer.code, statSync(loop.path).isBlockDevice()]).to.deep.equal([1, true]);
        expect(await disks.run(`create ${call} --size 1M --force`)).to.include({ code: 0, stderr: '' });
        expect(await disks.run(`check ${call}`)).to.include({ code: 0, stderr: '' });
        expect((await disks.run(`info ${loop.path}`)).stdout).to.include(`${loop.path}: 1.0 MiB\n`);
        rmSync(at('beside'));
        const rebuilt = await disks.run(`rebuild --file DIR/beside ${loop.path} --layers mirror,checksum`);
        expect([rebuilt.code, statSync(at('beside')).size]).to.deep.equal([0, 1 << 20]);
      } finally {
        loop.free();
      }
    },
  );

  it('makes no array that lacks a member from the start (I8)', async () => {
    const file = (name: string) => ({ type: 'file', path: at(name), size: 1 << 20 });
    const full = {
      type: 'fault',
      lower: file('full'),
      rules: [{ kind: 'error', code: 'ENOSPC', operations: ['write'] }],
    };
    writeFileSync(at('full.json'), JSON.stringify({ device: { type: 'mirror', members: [file('room'), full] } }));
    const { code, stdout, stderr } = await disks.run('create DIR/full.json');
    expect([code, stdout, existsSync(at('room')), existsSync(at('full'))]).to.deep.equal([1, '', false, false]);
    expect(stderr).to.equal('wakechain: EIO: fault failed while the mirror was made\n');
  });

  it('refuses one file for two members, and a server whose export would be lost', async () => {
    const twice = await disks.run('create --file DIR/t DIR/t --layers mirror --size 1M');
    expect([twice.code, existsSync(at('t'))]).to.deep.equal([2, false]);
    expect(twice.stderr).to.match(/^wakechain: every member needs a file of its own: .*t is one of .*\n$/);
    writeFileSync(at('far.json'), JSON.stringify({ device: { type: 'nbd', uri: 'nbd://127.0.0.1:1/disk' } }));
    const far = await disks.run('create DIR/far.json');
    expect([far.code, far.stderr]).to.deep.equal([
      1,
      'wakechain: what nbd://127.0.0.1:1/disk holds would be lost: --force says that it may be\n',
    ]);
  });

  it('makes what a description says, and refuses what is none with exit code 2', async () => {
    const file = { type: 'file', path: at('c'), size: 1 << 20 };
    writeFileSync(at('stack.json'), JSON.stringify({ device: { type: 'checksum', lower: file } }));
    const { code, stdout } = await disks.run('create DIR/stack.json');
    expect(code).to.equal(0);
    expect(stdout).to.match(/^checksum: .*\n {2}file .*c: 1\.0 MiB in blocks of 512\n$/);
    writeFileSync(at('wrong.json'), JSON.stringify({ device: { type: 'nope' } }));
    const wrong = await disks.run('create DIR/wrong.json');
    expect([wrong.code, wrong.stdout]).to.deep.equal([2, '']);
    expect(wrong.stderr).to.match(/wrong\.json: .*nope.*\n$/);
    expect(await disks.run('create --file DIR/nosize')).to.include({ code: 2, stdout: '' });
  });
});
