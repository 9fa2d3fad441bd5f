import type { BlockDevice } from '../io/device.js';
import { IoError } from '../io/io-error.js';
import type { IoRequest } from '../io/io-request.js';
import type { PageRange } from '../io/pages.js';

/*
 * I/O of a layer's own that belongs to nobody's header, so that no cancel of a caller's reaches it: what has begun to
 * change a stripe is finished (I5). It is made at the edge of the member, as any caller's, and carried by its design.
 */

/**
 * Writes a range of the layer's own to a member; `then` is told how it went, now or later. A short write is an error.
 * Nothing is thrown: what the member refuses (it may be closed) is an `EIO` like any other. An error tells which parts
 * were written all the same.
 */
export function writeMember(
  member: BlockDevice,
  range: PageRange,
  options: { position: number; fua: boolean },
  then: (error: IoError | null) => void,
): void {
  let request: IoRequest;
  try {
    request = member.write(range, options);
  } catch (error) {
    then(new IoError('EIO', { message: `${member.name} refused a write`, cause: error }));
    return;
  }
  request.notify(() => then(errorOf(request)));
}

/** Reads a range of a member into the layer's own pages. @throws IoError what went wrong, also when it is short */
export async function readMember(member: BlockDevice, range: PageRange, position: number): Promise<void> {
  const request = member.read(range, { position });
  if ((await request.promise()) < range.length) throw new IoError('EIO', { message: `${member.name} read short` });
}

function errorOf(request: IoRequest): IoError | null {
  if (request.state === 'done') {
    const { value: bytes, length, succeeded } = request;
    return bytes === length ? null : new IoError('EIO', { message: 'A write was short', bytes, succeeded });
  }
  const { error } = request;
  return error instanceof IoError ? error : new IoError('EIO', { cause: error });
}
