import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { Buffers } from '../../lib/nbd/buffers.js';
import { deviceRequest } from '../../lib/nbd/device-request.js';
import { Job } from '../../lib/nbd/job.js';
import * as wire from '../../lib/nbd/wire.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

describe('deviceRequest', () => {
  const loan = new Buffers(new PagePool(), 4096).lend(4096);
  const { CMD_FLAG_FUA: FUA } = wire;

  const cases: [name: string, type: number, flags: number, lent: boolean, asked: string | null][] = [
    ['a read', wire.CMD_READ, 0, true, 'read 512+1024'],
    ['a write', wire.CMD_WRITE, 0, true, 'write 512+1024'],
    ['a write with FUA', wire.CMD_WRITE, FUA, true, 'write 512+1024 fua'],
    ['a flush', wire.CMD_FLUSH, 0, false, 'flush 0+0'],
    ['a trim', wire.CMD_TRIM, 0, false, 'discard 512+1024'],
    ['zeroes', wire.CMD_WRITE_ZEROES, 0, false, 'writeZeroes 512+1024'],
    ['zeroes with FUA', wire.CMD_WRITE_ZEROES, FUA, false, 'writeZeroes 512+1024 fua'],
    ['a cache', wire.CMD_CACHE, 0, true, 'read 512+1024'],
    ['a read of nothing', wire.CMD_READ, 0, false, null],
  ];
  for (const [name, type, flags, lent, asked] of cases) {
    it(`makes of ${name} what the device has for it (P2)`, () => {
      const device = new FaultyDevice({ inline: true });
      const job = new Job(() => undefined);
      job.begin({ type, flags, cookieHigh: 0, cookieLow: 1, position: 512, length: 1024 });
      job.loan = lent ? loan : null;
      const request = deviceRequest(device, job);
      const fua = request?.fua === true ? ' fua' : '';
      expect(request === null ? null : `${device.log[0] ?? ''}${fua}`).to.equal(asked);
    });
  }
});
