import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { exited } from '../../lib/node/exited.js';

describe('exited', () => {
  const node = (code: string): ReturnType<typeof spawn> => spawn(process.execPath, ['-e', code]);

  it('has the code, also of a process that had ended before', async () => {
    const child = node('process.exit(3)');
    expect(await exited(child)).to.deep.equal({ code: 3, signal: null });
    expect(exited(child).value).to.deep.equal({ code: 3, signal: null });
  });

  it('fails when the process could not be started', async () => {
    const error: unknown = await exited(spawn('/no/such/program')).promise().catch((reason: unknown) => reason); // prettier-ignore
    expect(error).to.have.property('code', 'ENOENT');
  });

  it('fails with that also when it is asked afterwards, not with a code that no process has', async () => {
    const child = spawn('/no/such/program', ['a']);
    const failure: unknown = await exited(child).promise().catch((reason: unknown) => reason); // prettier-ignore
    const { error } = exited(child);
    expect(String(error)).to.equal(String(failure));
    expect({ ...(error as object) }).to.deep.equal({ ...(failure as object) });
  });

  it('waits on for one that runs when something else about it fails: an abort, a kill, a message (C1)', async () => {
    const stop = new AbortController();
    const aborted = exited(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { signal: stop.signal }));
    stop.abort();
    expect(await aborted).to.deep.equal({ code: null, signal: 'SIGTERM' });

    const child = spawn(process.execPath, ['-e', 'process.once("disconnect", () => process.exit(4))'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }); // prettier-ignore
    const errors: unknown[] = [];
    child.on('error', ({ code }: NodeJS.ErrnoException) => errors.push(code));
    const exit = exited(child);
    await once(child, 'spawn');
    child.disconnect();
    child.send('too late');
    // As Node tells it of a kill that the system refuses.
    child.emit('error', Object.assign(new Error('kill EPERM'), { code: 'EPERM' }));
    expect(await exit).to.deep.equal({ code: 4, signal: null });
    expect(errors).to.have.members(['EPERM', 'ERR_IPC_CHANNEL_CLOSED']);
    expect([child.listenerCount('exit'), child.listenerCount('error')]).to.deep.equal([0, 1]);
  });

  it('kills when it is cancelled, if asked to, and has the exit (C5)', async () => {
    const child = node('setInterval(() => {}, 1000)');
    const exit = exited(child, { kill: 'SIGKILL' });
    expect(exit.cancel()).to.equal('requested');
    expect(await exit).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('else only lets go', async () => {
    const child = node('process.stdin.resume().on("end", () => process.exit())');
    const exit = exited(child);
    expect([exit.cancel(), child.listenerCount('exit')]).to.deep.equal(['cancelled', 0]);
    child.stdin?.end();
    await once(child, 'exit');
  });
});
