import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { KEEP_ALIVE } from '../../lib/nbd/keep-alive.js';
import { NbdDevice, NbdServer } from '../../lib/nbd/index.js';

describe('KEEP_ALIVE', () => {
  it('has both ends of a connection over TCP ask whether the other is there, within minutes', async function () {
    // Elsewhere the system does not tell of its timers so.
    if (process.platform !== 'linux') this.skip();
    await using server = new NbdServer({ exports: { '': { device: new MemoryDevice({ size: 8192 }) } } });
    const uri = await server.listen({ port: 0 });
    await using device = await NbdDevice.open(uri);
    expect(device.online).to.equal(true);
    const port = Number(new URL(uri).port).toString(16).toUpperCase().padStart(4, '0');
    const timers = (): string[][] =>
      readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .map((row) => row.trim().split(/\s+/))
        .filter(
          ([, local, remote, state]) => state === '01' && [local, remote].some((end) => end?.endsWith(`:${port}`)),
        )
        .map((fields) => (fields[5] ?? '').split(':'));
    // While something is on the way, another timer is told of: 01.
    while (timers().some(([kind]) => kind === '01')) await new Promise((resolve) => setTimeout(resolve, 5));
    // 02 is this one; hundredths of a second, in hex. Where it is off, there is none: 00.
    expect(timers().map(([kind]) => kind)).to.deep.equal(['02', '02']);
    for (const [, left = ''] of timers())
      expect(parseInt(left, 16) * 10).to.be.at.most(KEEP_ALIVE.keepAliveInitialDelay);
  });
});
