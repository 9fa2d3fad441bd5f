import { OWNING, STOP, WaitEntry, WOKEN } from '../wait/entry.js';
import { checkDelay, TimeoutError } from '../wait/errors.js';
import { inTurn } from '../compound/in-turn.js';
import { waits } from '../compound/lazy.js';
import type { Child } from '../event/child.js';
import { Completion, ReusableCompletion } from '../event/completion.js';
import { CompoundEvent } from '../event/compound.js';
import { forwardedTo } from '../event/forward.js';
import { CANCEL_ASKED, DECIDED, KIND, TAKES } from '../event/marks.js';
import type { Hold } from './hold.js';
import type { AcquireOptions, Takers } from './takers.js';

/** How something is taken from those who stand in line for it. @internal */
interface Claim<T> {
  /** Takes all that it wants and answers with something truthy, or takes nothing and answers with something falsy. */
  take(): unknown;
  /** What the taking completes with. */
  value(taken: never): T;
  /** Tells others that something was taken: called once the taker has it. */
  taken?(): void;
  /** Gives back what nobody has use for. */
  giveBack(taken: never): void;
  /** Makes others give, once the taker stands in line. */
  prompt?(): void;
}

/** The claim of a hold. @internal */
export function holding<H extends Hold>(take: () => H | null): Claim<H> {
  return { take, value: (hold: H): H => hold, giveBack: (hold: H): void => void hold.release() };
}

/**
 * Something that is taken when its turn has come, as a branch of a compound: a lock, permits, an item. It stands in line
 * while somebody waits for it, so in a choice only the winner takes; and what was taken is given back when nobody has use
 * for it (E9). Made by `acquiring`, `receiving` and their like; for one use.
 */
export class Taking<T> extends Completion<T> {
  private readonly takers: Takers;
  private readonly how: Claim<T>;
  private readonly place: WaitEntry<Taking<T>>;
  private readonly barge: boolean;
  private readonly timeoutMs: number | undefined;
  private readonly unref: boolean;
  /** Its turn has come, and is taken once the callback that runs has returned. */
  private turnComes = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** What was taken and not given back; null when there is none. */
  private has: { readonly taken: unknown } | null = null;

  /** @internal @throws ArgumentRangeError `ERR_DELAY` */
  constructor(takers: Takers, claim: Claim<T>, options: AcquireOptions = {}) {
    const { signal, timeoutMs, barge, unref } = options;
    if (timeoutMs !== undefined) checkDelay('timeoutMs', timeoutMs);
    super();
    this.marks |= TAKES;
    this.takers = takers;
    this.how = claim;
    this.barge = barge === true;
    this.timeoutMs = timeoutMs;
    this.unref = unref === true;
    this.place = new WaitEntry<Taking<T>>(asked, { data: this });
    if (signal !== undefined) this.cancelOn(signal);
  }

  /** @internal */
  override insert(entry: WaitEntry, flags: number, first: boolean): void {
    super.insert(entry, flags, first);
    if (this.place.queue === null && entry.queue === this && this.isWanted) this.standInLine();
  }

  /** @internal */
  override unlink(entry: WaitEntry): void {
    super.unlink(entry);
    if (this.place.queue !== null && !this.isWanted) this.leaveLine();
  }

  /** @internal However it was claimed, also by hand: nobody in the line waits behind one that has its outcome. */
  override claim(kind: number, result: unknown): boolean {
    const claimed = super.claim(kind, result);
    if (this.place.queue !== null && (this.marks & KIND) !== 0) this.leaveLine();
    return claimed;
  }

  /** @internal */
  override refuse(): void {
    const { has } = this;
    this.has = null;
    if (has !== null) this.how.giveBack(has.taken as never);
  }

  protected override cancelling(): void {
    this.leaveLine();
  }

  /** @internal Whether both are branches of one choice, however deep: of these, one is taken, and they do not meet. */
  isRivalOf(other: Taking<unknown>): boolean {
    const mine = new Set(compoundsAbove(this));
    for (const above of compoundsAbove(other)) if (mine.has(above)) return above.collation.takesOne === true;
    return false;
  }

  /**
   * @internal Its turn in the line has come. In a callback of what settles, it takes once that has returned, for only
   * then what it takes reaches those who wait before anything else does; until then nobody in the line passes it.
   */
  asked(): number {
    if (this.turnComes) return STOP;
    this.turnComes = true;
    let took = false as boolean;
    let late = false;
    inTurn(() => {
      if (late && isContested(this)) {
        // What was claimed before arrives in this turn, and mostly this has lost then.
        queueMicrotask(() => {
          this.turnComes = false;
          this.takers.serve();
        });
        return;
      }
      this.turnComes = false;
      took = this.tryTake();
      if (took && late) this.takers.serve();
    });
    late = true;
    return took ? WOKEN : STOP;
  }

  /** Takes when it can; true when it needs its place no more. */
  private tryTake(): boolean {
    if (!this.isWanted || isLost(this)) return false;
    let taken: unknown;
    try {
      taken = this.how.take();
    } catch (error) {
      this.endTurn();
      this.fail(error);
      return true;
    }
    if (!taken) return false;
    this.endTurn();
    this.has = { taken };
    this.complete(this.how.value(taken as never));
    this.how.taken?.();
    return true;
  }

  /** Whether it is to be had yet, and somebody waits. */
  private get isWanted(): boolean {
    if ((this.marks & (KIND | CANCEL_ASKED)) !== 0) return false;
    for (const entry of this) if (waits(entry)) return true;
    return false;
  }

  private standInLine(): void {
    const { timeoutMs } = this;
    if (timeoutMs !== undefined) {
      this.timer = setTimeout(() => {
        this.leaveLine();
        this.fail(new TimeoutError(timeoutMs));
      }, timeoutMs);
      if (this.unref && typeof this.timer === 'object') this.timer.unref();
    }
    this.takers.addExclusive(this.place);
    if (this.barge) inTurn(() => this.tryTake());
    this.takers.serve();
    this.how.prompt?.();
  }

  /** It needs its place no more; who asked it asks those behind. */
  private endTurn(): void {
    this.takers.remove(this.place);
    this.stopTimer();
  }

  private leaveLine(): void {
    this.stopTimer();
    if (this.takers.remove(this.place)) this.takers.passTurn();
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

/** Whether something above is decided, and only has not come to calling it off. */
function isLost(taking: Taking<unknown>): boolean {
  for (let above = ownerOf(taking); above !== null; above = ownerOf(above)) {
    if ((above.marks & (KIND | DECIDED)) !== 0) return true;
  }
  return false;
}

/**
 * Whether anything that waits together with it was claimed, or decided, before it and has not arrived everywhere yet.
 * Costs O(all that waits together); asked only in the callbacks of what settles.
 */
function isContested(taking: Taking<unknown>): boolean {
  let top: ReusableCompletion<unknown> = taking;
  for (let above = ownerOf(top); above !== null; above = ownerOf(top)) top = above;
  const together = [top];
  for (const each of together) {
    if ((each.marks & (KIND | DECIDED)) !== 0) return true;
    const forwarded = forwardedTo(each);
    if (forwarded !== null) together.push(forwarded);
    if (!(each instanceof CompoundEvent)) continue;
    // There are holes in a list that is being filled.
    for (const child of each.children as readonly (Child | undefined)[]) {
      if (child !== undefined && child.arrival < 0 && ReusableCompletion.is(child.source)) together.push(child.source);
    }
  }
  return false;
}

/** The compounds that wait for it, the nearest first. */
function* compoundsAbove(taking: Taking<unknown>): Generator<CompoundEvent<unknown>> {
  for (let above = ownerOf(taking); above !== null; above = ownerOf(above)) {
    if (above instanceof CompoundEvent) yield above as CompoundEvent<unknown>;
  }
}

/** Who cancels it when cancelled itself (E3): a compound, or what it is forwarded to. */
function ownerOf(completion: ReusableCompletion<unknown>): ReusableCompletion<unknown> | null {
  for (const { flags, data } of completion) if ((flags & OWNING) !== 0) return data as ReusableCompletion<unknown>;
  return null;
}

function asked(entry: WaitEntry<Taking<unknown>>): number {
  return entry.data.asked();
}
