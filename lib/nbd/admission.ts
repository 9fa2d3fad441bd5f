import { EINVAL, ENOSPC, ENOTSUP, EOVERFLOW, EPERM } from './errno.js';
import type { Export } from './export.js';
import type { RequestHeader } from './requests.js';
import * as wire from './wire.js';

/** What may be set besides `FUA`, which clients are known to set on anything. */
const FLAGS: ReadonlyMap<number, number> = new Map([
  [wire.CMD_READ, wire.CMD_FLAG_DF],
  [wire.CMD_WRITE, wire.CMD_FLAG_PAYLOAD_LEN],
  [wire.CMD_FLUSH, 0],
  [wire.CMD_TRIM, 0],
  [wire.CMD_CACHE, 0],
  [wire.CMD_WRITE_ZEROES, wire.CMD_FLAG_NO_HOLE | wire.CMD_FLAG_FAST_ZERO],
  [wire.CMD_BLOCK_STATUS, wire.CMD_FLAG_REQ_ONE],
]);

const WRITING: readonly number[] = [wire.CMD_WRITE, wire.CMD_TRIM, wire.CMD_WRITE_ZEROES];

/** What a connection has agreed on, as far as it decides what may be asked. */
export interface Terms {
  readonly exported: Export;
  readonly extended: boolean;
  readonly structured: boolean;
  readonly allocation: number | null;
  readonly requestBytes: number;
}

/** Why a request is refused, as an errno of the wire, or 0. The server's gate: what has passed it fits the device (I6). */
export function refusalOf(request: RequestHeader, terms: Terms): number {
  const { type, position, length } = request;
  const { exported } = terms;
  const allowed = FLAGS.get(type);
  if (allowed === undefined || hasWrongFlags(request, allowed, terms)) return EINVAL;
  if (exported.readOnly && WRITING.includes(type)) return EPERM;
  if (type === wire.CMD_FLUSH) return position === 0 && length === 0 ? 0 : EINVAL;
  if (type === wire.CMD_BLOCK_STATUS && (terms.allocation === null || length === 0)) return EINVAL;
  if (!exported.can(type)) return EINVAL;
  if (position + length > exported.size) {
    return type === wire.CMD_WRITE || type === wire.CMD_WRITE_ZEROES ? ENOSPC : EINVAL;
  }
  const unit = exported.device.blockSize;
  if (type !== wire.CMD_BLOCK_STATUS && (position % unit !== 0 || length % unit !== 0)) return EINVAL;
  if ((type === wire.CMD_READ || type === wire.CMD_WRITE) && length > terms.requestBytes) {
    return (request.flags & wire.CMD_FLAG_DF) === 0 ? EINVAL : EOVERFLOW;
  }
  // A client that wants it fast would rather write the zeroes itself, or leave them, than wait.
  return (request.flags & wire.CMD_FLAG_FAST_ZERO) !== 0 && !exported.zeroesFast ? ENOTSUP : 0;
}

function hasWrongFlags({ flags, type }: RequestHeader, allowed: number, { extended, structured }: Terms): boolean {
  if ((flags & ~(allowed | wire.CMD_FLAG_FUA)) !== 0) return true;
  if ((flags & wire.CMD_FLAG_DF) !== 0 && !structured) return true;
  // With extended headers a payload is announced, and without them there is no such flag.
  const announced = (flags & wire.CMD_FLAG_PAYLOAD_LEN) !== 0;
  return type === wire.CMD_WRITE ? announced !== extended : announced;
}

/** Bytes of payload that follow a request, whether or not it is refused. */
export function payloadBytes({ flags, type, length }: RequestHeader, extended: boolean): number {
  if (extended) return (flags & wire.CMD_FLAG_PAYLOAD_LEN) === 0 ? 0 : length;
  return type === wire.CMD_WRITE ? length : 0;
}
