import { PagePool, type BlockDevice } from '../../lib/io/index.js';
import type { Rig } from '../row.js';
import { Awaiting, Loop, rigOver, type Disk, type Job } from './job.js';
import { PagedSlot } from './slots.js';

/** Requests of a device of this package, with callbacks or with `await`. */
export async function rigOverDevice(
  job: Job,
  disk: Disk,
  device: BlockDevice,
  pool: PagePool,
  how: 'callbacks' | 'await',
): Promise<Rig> {
  const slots = PagedSlot.make(job, pool);
  const begin =
    job.operation === 'read'
      ? ({ range, position }: PagedSlot) => device.read(range, { position })
      : ({ range, position }: PagedSlot) => device.write(range, { position });
  const close = (): Promise<void> => device.close();
  if (how === 'await') return rigOver(job, disk, slots, new Awaiting(job, slots, begin), close);
  const loop: Loop<PagedSlot> = new Loop(job, slots, (slot) => {
    begin(slot).notify(slot.ended);
  });
  for (const slot of slots) slot.tell(loop);
  return rigOver(job, disk, slots, loop, close);
}
