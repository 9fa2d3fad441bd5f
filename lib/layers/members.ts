import { ArgumentError } from '../wait/errors.js';
import type { BlockDevice, Geometry } from '../io/device.js';
import type { Io } from '../io/io.js';
import type { Layer } from '../io/layer.js';

/*
 * What layers over several devices have in common.
 */

/** The geometry of members together, but for the size: the largest block, the largest preferred size. */
export function joinGeometry(name: string, members: readonly BlockDevice[]): Geometry {
  if (members.length === 0) throw new ArgumentError('ERR_MEMBERS', `${name} needs at least one device, got none`);
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
