import { ArgumentError } from '../wait/errors.js';
import type { BlockDevice, Geometry } from '../io/device.js';
import type { Io } from '../io/io.js';
import type { Layer } from '../io/layer.js';

/*
 * What layers over several devices have in common.
 */

/** Members that are at least one. @throws ArgumentError `ERR_MEMBERS` */
export function someMembers(name: string, members: readonly BlockDevice[]): [BlockDevice, ...BlockDevice[]] {
  const [first, ...rest] = members;
  if (first === undefined) throw new ArgumentError('ERR_MEMBERS', `${name} needs at least one device, got none`);
  return [first, ...rest];
}

/** The geometry of members together, but for the size: the largest block, the largest preferred size. */
export function joinGeometry(members: readonly BlockDevice[]): Geometry {
  const geometries = members.map((member) => member.geometry);
  return {
    size: 0,
    blockSize: Math.max(...geometries.map((geometry) => geometry.blockSize)),
    preferredSize: Math.max(...geometries.map((geometry) => geometry.preferredSize)),
  };
}

/** Sends an operation without data to every member: flush. */
export function spread(layer: Layer, io: Io, members: readonly BlockDevice[]): void {
  const split = io.split(layer, null);
  for (const member of members) split.piece(member, 0, 0, 0);
  split.seal();
}
