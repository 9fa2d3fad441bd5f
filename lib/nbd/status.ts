import type { BlockDevice } from '../io/device.js';
import type { StatusExtent } from './chunks.js';
import type { Job } from './job.js';
import { CMD_FLAG_REQ_ONE, MOST_BLOCK_BYTES, STATE_HOLE, STATE_ZERO } from './wire.js';

/** What one reply without extended headers tells of at most, its lengths having 32 bits: whole blocks, however large. */
const MOST_BYTES = 2 ** 32 - MOST_BLOCK_BYTES;

/** Extents of one reply: with as many requests in flight as there may be, they take so much memory and no more. */
const MOST_EXTENTS = 1024;

/** What a client is told that asks what is allocated, and what is zero: at least one extent, none past what it asks for. */
export async function statusOf(device: BlockDevice, asked: Job, extended: boolean): Promise<StatusExtent[]> {
  const { position, length, flags } = asked;
  const known = await device.extents(position, extended ? length : Math.min(length, MOST_BYTES));
  const told = known.slice(0, (flags & CMD_FLAG_REQ_ONE) === 0 ? MOST_EXTENTS : 1);
  return told.map(({ length: bytes, allocated, zero }) => ({
    length: bytes,
    state: (allocated ? 0 : STATE_HOLE) | (zero ? STATE_ZERO : 0),
  }));
}
