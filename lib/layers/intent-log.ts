/**
 * Which regions of an array are being written, so that after a crash only these have to be made consistent: the
 * write-intent log. A region's bit is stored on the members before the first write to it begins, and is taken back some
 * time after a flush that came behind the last. A bit too many costs time, one too few costs data.
 */
export class IntentLog {
  /** Bits as they ought to be … */
  private readonly wanted: Uint8Array;
  /** … and those that are on the members for certain, also when a store that is under way is torn. */
  private stored: Uint8Array;
  /** Writes in flight for each region that has some. */
  private readonly active = new Map<number, number>();
  private waiting: { readonly region: number; readonly then: () => void }[] = [];
  /** For each flush under way, the regions that it will have made safe. */
  private readonly flushes = new Set<Set<number>>();
  private readonly store: () => void;
  /** Whether members may hold a bit. */
  private held: boolean;

  /**
   * @param bits one for each region, the lowest bit of the first byte first; those that are set are dirty already
   * @param store asks for the bits to be stored: {@link snapshot} and then {@link saved}, in any turn
   */
  constructor(bits: Uint8Array, store: () => void) {
    this.wanted = Uint8Array.from(bits);
    this.stored = Uint8Array.from(bits);
    this.store = store;
    this.held = bits.some(isSet);
  }

  /** A write to a region begins; `then` is called once that is on the members, at once if it is there. */
  begin(region: number, then: () => void): void {
    this.active.set(region, (this.active.get(region) ?? 0) + 1);
    for (const flush of this.flushes) flush.delete(region);
    set(this.wanted, region);
    if (has(this.stored, region)) {
      then();
      return;
    }
    this.waiting.push({ region, then });
    this.store();
  }

  /** The write has ended, and the region is consistent as far as it is concerned. */
  end(region: number): void {
    const left = (this.active.get(region) ?? 1) - 1;
    if (left === 0) this.active.delete(region);
    else this.active.set(region, left);
  }

  /** A flush begins. What is dirty and not being written will be safe when it has ended. */
  flushBegins(): Set<number> {
    const safe = new Set(this.regions.filter((region) => !this.active.has(region)));
    this.flushes.add(safe);
    return safe;
  }

  /** The flush has ended. Bits that are cleared travel with what is stored next: clearing them earlier would cost more. */
  flushEnded(safe: Set<number>, succeeded: boolean): void {
    this.flushes.delete(safe);
    if (succeeded) for (const region of safe) clear(this.wanted, region);
  }

  /** The dirty regions. */
  get regions(): number[] {
    const regions: number[] = [];
    for (const [at, bits] of this.wanted.entries()) {
      if (bits === 0) continue;
      for (let region = at * 8; region < at * 8 + 8; region++) if (has(this.wanted, region)) regions.push(region);
    }
    return regions;
  }

  /** Whether a region is dirty, or may count as dirty on a member: its bit was taken back, but not stored since. */
  get marks(): boolean {
    return this.held || this.wanted.some(isSet);
  }

  /** The bits to be stored now. Until {@link saved}, only what is both in them and in those before counts as stored. */
  snapshot(): Uint8Array {
    this.stored = this.stored.map((byte, i) => byte & (this.wanted[i] as number));
    this.held ||= this.wanted.some(isSet);
    return Uint8Array.from(this.wanted);
  }

  /** They have been stored. */
  saved(bits: Uint8Array): void {
    this.stored = Uint8Array.from(bits);
    this.held = bits.some(isSet);
    const { waiting } = this;
    this.waiting = [];
    for (const each of waiting) {
      if (has(this.stored, each.region)) each.then();
      else this.waiting.push(each);
    }
  }

  /** Nothing can be stored any more: lets go of who waits, to find that out. */
  abandon(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { then } of waiting) then();
  }
}

function isSet(byte: number): boolean {
  return byte !== 0;
}

function has(bits: Uint8Array, region: number): boolean {
  return (((bits[region >> 3] ?? 0) >> (region & 7)) & 1) === 1;
}

function set(bits: Uint8Array, region: number): void {
  bits[region >> 3] = (bits[region >> 3] ?? 0) | (1 << (region & 7));
}

function clear(bits: Uint8Array, region: number): void {
  bits[region >> 3] = (bits[region >> 3] ?? 0) & ~(1 << (region & 7));
}
