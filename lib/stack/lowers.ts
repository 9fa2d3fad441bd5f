import type { DeviceDescription } from './device-description.js';

/** The devices that a description stands on. */
export function lowersOf(description: DeviceDescription): readonly DeviceDescription[] {
  if ('lower' in description) return [description.lower];
  if ('members' in description) return description.members;
  return 'segments' in description ? description.segments.map((segment) => segment.device) : [];
}

/** Whether it is an array that may do without a member, and stores on its members that it was opened. */
export function isRedundant(
  description: DeviceDescription,
): description is Extract<DeviceDescription, { type: 'mirror' | 'parity' }> {
  return description.type === 'mirror' || description.type === 'parity';
}

/** Where the lower with this index stands, for a description that stands at `path`. */
export function pathOf(description: DeviceDescription, path: string, index: number): string {
  if ('lower' in description) return `${path}.lower`;
  return 'members' in description ? `${path}.members.${String(index)}` : `${path}.segments.${String(index)}.device`;
}

/** A description and all that it stands on, each in front of what it stands on. */
export function devicesOf(description: DeviceDescription): DeviceDescription[] {
  return [description, ...lowersOf(description).flatMap(devicesOf)];
}
