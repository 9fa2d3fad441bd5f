import type {
  BlockDevice,
  IoRequest,
  Layer,
  OwnIo,
  PageVector,
  RootIo,
  Slot,
  Split,
  Strategy,
} from '../../io/index.js';
import { counters } from '../../io/index.js';
import { ended, Header, keepingEnds, partEnded, PULLED, submit, SUMMED } from '../../io/strategy/index.js';
import type { HeaderKind } from '../../io/strategy/index.js';

/*
 * Stack locations: the I/O request packet of Windows NT (the Windows driver documentation, kernel; wdm.h; the completion
 * loop as in ReactOS, ntoskrnl/io/iomgr/irp.c).
 *
 * - One packet travels all the way down. It is allocated with a stack location for every driver that it may cross: a
 *   device knows its `StackSize`, one more than the largest below it (`IoAllocateIrp`). Packet and locations are one
 *   block, here one array. What lies below a split is reserved as well, and not used. NT keeps the number in a byte; a
 *   packet that meets more drivers than it has locations stops the system, and here it grows: members may be replaced.
 *   The packet's own fields are the last location, that of the device at the bottom.
 * - A layer passes on by setting up the next location and its completion routine (`IoCopyCurrentIrpStackLocationToNext`,
 *   `IoSetCompletionRoutine`, `IoCallDriver`). `IoSkipCurrentIrpStackLocation` is for drivers that need not be told of
 *   the end; every layer here is. Other memory is put in the place of `MdlAddress`, and the old one put back.
 * - `IoCompleteRequest` walks back up the locations in a loop. A routine that answers `STATUS_MORE_PROCESSING_REQUIRED`
 *   keeps the packet: completing it again goes on from there, and calling the driver below again is another attempt.
 * - `IoMakeAssociatedIrp` is for highest-level drivers alone, and the status of associated packets is lost: the I/O
 *   manager only counts. Drivers below split with packets that they allocate (`IoAllocateIrp`, as the class driver's
 *   SplitTransferRequest), whose completion routines add up the outcome, count, and complete the original. So do all here.
 * - A packet has one cancel routine, set by the driver in whose queue it waits (`IoSetCancelRoutine`). `IoCancelIrp`
 *   marks it and calls that routine. What a driver has allocated is for it alone to cancel, so that it keeps a list,
 *   through their `ListEntry`, and its own routine cancels them. A driver looks at `Irp->Cancel` before it starts
 *   anything, and completes what was cancelled with `STATUS_CANCELLED`.
 */

/** The words of a location: the completion routine, its context, and the parameters that the layer was called with. */
const ROUTINE = 0;
const CONTEXT = 1;
const POSITION = 2;
const MEMORY = 3;
const OFFSET = 4;
const WORDS = 5;

/** How many layers lie above the bottom, under each device that a packet was sent to; the largest that was seen. */
const stackSizes = new WeakMap<BlockDevice, number>();

/** @internal A packet. */
export class Irp extends Header implements RootIo, Split {
  cancelled = false;
  /** One location after the other, from the top. */
  private readonly locations: unknown[];
  /** `CurrentLocation`: the first word of the next one to be set up. */
  private current = 0;
  /** Of a packet that a layer allocated: the one that it is a part of, and where and as what it counts there. */
  private readonly master: Irp | null;
  private readonly shift: number;
  private readonly tag: unknown;
  private nextSibling: Irp | null = null;
  private prevSibling: Irp | null = null;
  /** Of one that was carved up: the packets allocated for it that have not ended, and their count with one for the seal. */
  private firstPart: Irp | null = null;
  private pending = 0;
  /** The place in a queue that its cancel routine takes it out of. */
  private waiting: Slot | null = null;

  /** `IoAllocateIrp`: counts as one header, and a link for each location. */
  constructor(
    target: BlockDevice,
    kind: HeaderKind,
    position: number,
    pages: PageVector | null,
    offset: number,
    length: number,
    master: Irp | null,
    shift: number,
    tag: unknown,
  ) {
    super(kind, position, pages, offset, length, master);
    const size = stackSizes.get(target) ?? stackSizeOf(target);
    counters.links += size;
    this.locations = new Array<unknown>(size * WORDS);
    this.master = master;
    this.shift = shift;
    this.tag = tag;
  }

  pass<F>(layer: Layer<F>, target: BlockDevice, position: number, frame: F): void {
    this.setCompletionRoutine(layer, frame);
    this.position = position;
    this.callDriver(target);
  }

  substitute<F>(layer: Layer<F>, target: BlockDevice, position: number, pages: PageVector, frame: F): void {
    this.setCompletionRoutine(layer, frame);
    this.position = position;
    this.pages = pages;
    this.offset = 0;
    this.callDriver(target);
  }

  split<F>(layer: Layer<F>, frame: F): Split {
    this.setCompletionRoutine(layer, frame);
    this.pending = 1;
    return this;
  }

  piece(target: BlockDevice, position: number, offset: number, length: number): void {
    const at = this.offset + offset;
    this.start(target, new Irp(target, this, position, this.pages, at, length, this, offset, SUMMED));
  }

  fanOut(target: BlockDevice, position: number, tag: unknown): void {
    this.start(target, new Irp(target, this, position, this.pages, this.offset, this.length, this, 0, tag));
  }

  spawn(target: BlockDevice, own: OwnIo, tag: unknown): void {
    const { position, pages, offset, length } = own;
    this.start(target, new Irp(target, own, position, pages, offset, length, this, 0, tag));
  }

  seal(): void {
    if (--this.pending === 0) ended(this);
  }

  parked(slot: Slot): void {
    this.waiting = slot;
  }

  unparked(): void {
    this.waiting = null;
  }

  cancelAll(): void {
    cancelIrps([this]);
  }

  cancelParts(): void {
    cancelIrps(this.parts([]));
  }

  /** `IoCompleteRequest`, of this packet and, in a loop, of those that end with it. */
  passUp(): void {
    for (let irp = this as Irp | null; irp !== null;) irp = irp.complete();
  }

  /** `IoCancelIrp`: marks the packet, and adds those to `asked` that its holder has to cancel. */
  cancel(asked: Irp[]): void {
    this.cancelled = true;
    this.parts(asked);
    const { waiting } = this;
    waiting?.list?.withdraw(waiting);
  }

  private complete(): Irp | null {
    const { locations, master } = this;
    while (this.current > 0) {
      const at = (this.current -= WORDS);
      this.position = locations[at + POSITION] as number;
      this.pages = locations[at + MEMORY] as PageVector | null;
      this.offset = locations[at + OFFSET] as number;
      const moreProcessingRequired = !this.tell(locations[at + ROUTINE] as Layer<unknown>, locations[at + CONTEXT]);
      if (moreProcessingRequired) return null;
    }
    if (master !== null) return master.partCompleted(this);
    (this.tag as IoRequest).finished(this);
    return null;
  }

  /** The completion routine of a packet that a layer allocated: adds it up, and answers this one when it was the last. */
  private partCompleted(part: Irp): Irp | null {
    const { nextSibling, prevSibling, shift, tag } = part;
    if (prevSibling === null) this.firstPart = nextSibling;
    else prevSibling.nextSibling = nextSibling;
    if (nextSibling !== null) nextSibling.prevSibling = prevSibling;
    const at = this.current - WORDS;
    partEnded(this, this.locations[at + ROUTINE] as Layer<unknown>, this.locations[at + CONTEXT], part, shift, tag);
    return --this.pending === 0 ? this : null;
  }

  private setCompletionRoutine(layer: Layer<never>, frame: unknown): void {
    const { locations, current } = this;
    locations[current + ROUTINE] = layer;
    locations[current + CONTEXT] = frame;
    locations[current + POSITION] = this.position;
    locations[current + MEMORY] = this.pages;
    locations[current + OFFSET] = this.offset;
    this.current = current + WORDS;
  }

  private callDriver(target: BlockDevice): void {
    if (this.cancelled) this.finish(0, PULLED);
    else submit(target, this);
  }

  private start(target: BlockDevice, part: Irp): void {
    const first = this.firstPart;
    part.nextSibling = first;
    if (first !== null) first.prevSibling = part;
    this.firstPart = part;
    this.pending++;
    if (this.cancelled) part.finish(0, PULLED);
    else submit(target, part);
  }

  private parts(into: Irp[]): Irp[] {
    for (let part = this.firstPart; part !== null; part = part.nextSibling) {
      counters.visited++;
      into.push(part);
    }
    return into;
  }
}

/** Cancels packets and what was allocated for them; the ends are passed up when all have left their queues. */
function cancelIrps(asked: Irp[]): void {
  keepingEnds(() => {
    for (const irp of asked) irp.cancel(asked);
  });
}

/** `StackSize`, but for the bottom's: 0 for a device that stands on none, else one more than the largest below. */
function stackSizeOf(top: BlockDevice): number {
  const toVisit = [top];
  for (let device = toVisit.at(-1); device !== undefined; device = toVisit.at(-1)) {
    let size = 0;
    let known = true;
    for (const lower of device.lowers) {
      const below = stackSizes.get(lower);
      if (below === undefined) {
        known = false;
        toVisit.push(lower);
      } else size = Math.max(size, below + 1);
    }
    if (!known) continue;
    stackSizes.set(device, size);
    toVisit.pop();
  }
  return stackSizes.get(top) as number;
}

/** The I/O request packet of Windows NT. */
export const stackLocations: Strategy = {
  name: 'stackLocations',
  capabilities: {
    pull: 'through the links',
    looksAt: 'what belongs to the request',
    onTheWayDown: 'is stopped',
    container: 'one for all layers',
    knows: 'which parts succeeded',
    retries: 'the parts that failed',
    holds: 'at every layer',
    merged: 'each its own outcome',
  },
  root(request) {
    const { device, range, position, length } = request;
    return new Irp(device, request, position, range?.pages ?? null, range?.offset ?? 0, length, null, 0, request);
  },
};
