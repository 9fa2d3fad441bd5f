import { OWNING, STOP, WaitEntry, WOKEN } from '../wait/entry.js';
import { inTurn } from '../compound/in-turn.js';
import type { Child } from '../event/child.js';
import { ReusableCompletion } from '../event/completion.js';
import { CompoundEvent } from '../event/compound.js';
import { forwardedTo } from '../event/forward.js';
import { uncaught } from '../event/hooks.js';
import { DECIDED, KIND, TAKES } from '../event/marks.js';
import type { Hold } from './hold.js';
import { Standing } from './standing.js';
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
  /** Takes places elsewhere, before anybody is served; called when the taker has its place in line. */
  entered?(): void;
  /** Gives those up, for those behind; called when the taker has left without having taken. */
  left?(): void;
  /** What stands in several lines at once. */
  readonly group?: object;
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
export class Taking<T> extends Standing<T> {
  protected readonly place: WaitEntry<Taking<T>>;
  private readonly takers: Takers;
  private readonly how: Claim<T>;
  private readonly barge: boolean;
  /** Its turn has come, and is taken once the callback that runs has returned. */
  private turnComes = false;
  /** What was taken and not given back; null when there is none. */
  private has: { readonly taken: unknown } | null = null;

  /** @internal @throws ArgumentRangeError `ERR_DELAY` */
  constructor(takers: Takers, claim: Claim<T>, options: AcquireOptions = {}) {
    super(options);
    this.marks |= TAKES;
    this.takers = takers;
    this.how = claim;
    this.barge = options.barge === true;
    this.place = new WaitEntry<Taking<T>>(asked, { data: this });
    if (options.signal !== undefined) this.cancelOn(options.signal);
  }

  /** @internal */
  override refuse(): void {
    const { has } = this;
    this.has = null;
    if (has === null) return;
    try {
      this.how.giveBack(has.taken as never);
    } catch (error) {
      // A reader's hold that is about to become the writer's: whoever lost it has no part in that.
      uncaught(error);
    }
  }

  /** @internal */
  override get standsIn(): object | null {
    return this.place.queue === null ? null : (this.how.group ?? this.place.queue);
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

  protected enter(): void {
    this.takers.addExclusive(this.place);
    this.how.entered?.();
    if (this.barge) inTurn(() => this.tryTake());
    this.takers.serve();
    this.how.prompt?.();
  }

  protected quit(): void {
    this.takers.remove(this.place);
    this.how.left?.();
    this.takers.passTurn();
  }

  /** It needs its place no more; who asked it asks those behind. */
  private endTurn(): void {
    this.takers.remove(this.place);
    this.stopTimer();
  }
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

/** Whether something above is decided, and only has not come to calling it off. */
function isLost(completion: ReusableCompletion<unknown>): boolean {
  for (let above = ownerOf(completion); above !== null; above = ownerOf(above)) {
    if ((above.marks & (KIND | DECIDED)) !== 0) return true;
  }
  return false;
}

/** Who cancels it when cancelled itself (E3): a compound, or what it is forwarded to. */
function ownerOf(completion: ReusableCompletion<unknown>): ReusableCompletion<unknown> | null {
  for (const { flags, data } of completion) if ((flags & OWNING) !== 0) return data as ReusableCompletion<unknown>;
  return null;
}

function asked(entry: WaitEntry<Taking<unknown>>): number {
  return entry.data.asked();
}
