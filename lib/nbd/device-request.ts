import type { BlockDevice } from '../io/device.js';
import type { IoRequest } from '../io/io-request.js';
import { rangeOf } from './buffers.js';
import type { Job } from './job.js';
import * as wire from './wire.js';

/** The request of a device that a client's is; null when there is nothing to do. @throws what the device refuses it with */
export function deviceRequest(device: BlockDevice, { type, flags, position, length, loan }: Job): IoRequest | null {
  const fua = (flags & wire.CMD_FLAG_FUA) !== 0;
  switch (type) {
    case wire.CMD_READ:
      return loan === null ? null : device.read(rangeOf(loan, length), { position });
    case wire.CMD_WRITE:
      return loan === null ? null : device.write(rangeOf(loan, length), { position, fua });
    case wire.CMD_FLUSH:
      return device.flush();
    case wire.CMD_TRIM:
      return device.discard(length, { position });
    case wire.CMD_WRITE_ZEROES:
      return device.writeZeroes(length, { position, fua });
    default:
      return loan === null ? null : device.read(rangeOf(loan, Math.min(length, loan.size)), { position });
  }
}
