import { ArgumentError } from '../wait/errors.js';
import type { BlockDevice, Geometry } from '../io/device.js';
import type { Io } from '../io/io.js';
import type { Layer } from '../io/layer.js';

/*
 * What layers over several devices have in common.
 */

/** A device that cannot be what it was given as, of several: the error knows which. */
export class MemberError extends ArgumentError {
  readonly #device: BlockDevice;

  constructor(code: string, device: BlockDevice, why: string) {
    super(code, `${device.name} ${why}`);
    this.#device = device;
  }

  /** Not a field, for a console would print all of it. */
  get device(): BlockDevice {
    return this.#device;
  }
}

/** Members that are at least one. @throws ArgumentError `ERR_MEMBERS` */
export function someMembers(name: string, members: readonly BlockDevice[]): [BlockDevice, ...BlockDevice[]] {
  const [first, ...rest] = members;
  if (first === undefined) throw new ArgumentError('ERR_MEMBERS', `${name} needs at least one device, got none`);
  return [first, ...rest];
}

/** The geometry of members together, but for the size: the largest block, the largest preferred size in whole blocks. */
export function joinGeometry(members: readonly BlockDevice[]): Geometry {
  let blockSize = 0;
  let preferredSize = 0;
  for (const { geometry } of members) {
    blockSize = Math.max(blockSize, geometry.blockSize);
    preferredSize = Math.max(preferredSize, geometry.preferredSize);
  }
  return { size: 0, blockSize, preferredSize: Math.ceil(preferredSize / blockSize) * blockSize };
}

/** Sends an operation without data to every member: flush. */
export function spread(layer: Layer, io: Io, members: readonly BlockDevice[]): void {
  const split = io.split(layer, null);
  for (const member of members) split.piece(member, 0, 0, 0);
  split.seal();
}
