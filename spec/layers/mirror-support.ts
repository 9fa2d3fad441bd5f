import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { IoError } from '../../lib/io/io-error.js';
import type { Strategy } from '../../lib/io/io.js';
import type { PagePool } from '../../lib/io/pages.js';
import { Mirror, type MirrorOptions } from '../../lib/layers/mirror.js';
import { dataStartFor } from '../../lib/layers/superblock.js';
import { FaultyDevice, type Op } from '../conformance/faulty-device.js';

/** Where data begins on members with small blocks. */
export const DATA: number = dataStartFor(512);

export interface Rig {
  readonly mirror: Mirror;
  readonly disks: readonly FaultyDevice[];
}

interface RigOptions extends Partial<MirrorOptions> {
  members?: number;
  /** Bytes of data. Default 16 KiB. */
  size?: number;
  regionSize?: number;
  assumeEqual?: boolean;
}

export function disk(name: string, strategy: Strategy, size: number = 16 * 1024): FaultyDevice {
  return new FaultyDevice({ name, strategy, size: DATA + size, inline: true });
}

/** A mirror over disks that answer when they are told to. Their logs are empty, and data differs from place to place. */
export async function rig(strategy: Strategy, pool: PagePool, options: RigOptions = {}): Promise<Rig> {
  const { members = 2, size = 16 * 1024, ...rest } = options;
  const disks = Array.from({ length: members }, (_, i) => disk(`disk ${String(i)}`, strategy, size));
  for (const each of disks) for (let i = 0; i < size; i++) each.contents[DATA + i] = each.stable[DATA + i] = i >> 6;
  const mirror = await Mirror.create(disks, { pool, regionSize: 4096, assumeEqual: true, ...rest });
  for (const each of disks) {
    each.inline = false;
    each.log.length = 0;
  }
  return { mirror, disks };
}

/** What reaches the data of a disk, without superblocks, at positions of the mirror. */
export function dataLog({ log }: FaultyDevice): string[] {
  return log.flatMap((line) => {
    const [operation = '', position = '', length = ''] = line.split(/[ +]/);
    if (operation === 'flush') return ['flush'];
    return Number(position) < DATA ? [] : [`${operation} ${String(Number(position) - DATA)}+${length}`];
  });
}

/** Answers superblocks and nothing else, until none waits. */
export function answerSuperblocks(disks: readonly FaultyDevice[]): void {
  const next = (): Op | undefined => disks.flatMap(({ pending }) => pending).find(isSuperblock);
  for (let op = next(); op !== undefined; op = next()) op.answer();
}

export function isSuperblock(op: Op): boolean {
  return op.operation === 'write' && op.position < DATA;
}

/** Answers all that waits, and what comes up while it does. */
export function answerAll(disks: readonly FaultyDevice[]): void {
  while (disks.some(({ pending }) => pending.length > 0)) for (const each of disks) each.answerAll();
}

export function answerInline(disks: readonly FaultyDevice[], inline = true): void {
  for (const each of disks) each.inline = inline;
}

/** State, error code or value, and what succeeded. */
export function outcomeOf(request: IoRequest): unknown[] {
  if (request.state === 'done') return ['done', request.value];
  const error = request.error as IoError;
  if (!(error instanceof IoError)) return [request.state];
  return [request.state, error.code, error.succeeded.map(({ offset, length }) => [offset, length])];
}

/** Demands that members in sync hold the same data. */
export function expectAgreement(mirror: Mirror, start: number = DATA): void {
  const data = mirror.members.flatMap(({ device, state }) =>
    state === 'in-sync' && (device instanceof FaultyDevice || device instanceof MemoryDevice)
      ? [device.contents.subarray(start, start + mirror.size)]
      : [],
  );
  for (const other of data) expect(Buffer.compare(other, data[0] ?? other), 'members differ').to.equal(0);
}

export function states(mirror: Mirror): string[] {
  return mirror.members.map(({ state }) => state);
}

/** What a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  return promise.then(
    () => {
      throw new Error('It was expected to fail');
    },
    (error: unknown) => error as Error,
  );
}
