import type { BlockDevice, DeviceOptions } from '../io/device.js';
import type { Io, Operation } from '../io/io.js';
import { IoError, type ByteRange, type IoErrorCode } from '../io/io-error.js';
import { Layer } from '../io/layer.js';
import { complementOf, tailAfter } from '../io/ranges.js';
import { Seeded } from '../io/seeded.js';
import { OptionError } from '../io/option-error.js';

/**
 * What goes wrong:
 * - `error`: the bytes that the rule names fail and are not sent; the rest of the request is carried out.
 * - `short`: only the first blocks, a seeded number of them, are sent; the request ends short and without an error. A
 *   flush passes.
 * - `hang`: the request stays here, beyond the reach of a cancel, until {@link Fault.letGo} is called.
 * - `torn`: of a write only seeded blocks reach the device, and it fails, telling of none. Other operations pass.
 */
export type FaultKind = 'error' | 'short' | 'hang' | 'torn';

/** What goes wrong, where, and how often. A request is judged by the first rule that applies to it. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** What `error` and `torn` fail with; others are refused with it. Default `EIO`. */
  readonly code?: IoErrorCode;
  /** Of `torn`: the write ends as if all had been written; others are refused with it. Default false. */
  readonly silent?: boolean;
  /** Default: all. */
  readonly operations?: readonly Operation[];
  /** Only requests that touch these bytes, from the start of the device. Default: all. A flush touches none. */
  readonly range?: ByteRange;
  /** How many of the requests it applies to go wrong, from 0 to 1. Default 1: all. */
  readonly rate?: number;
  /** How many go wrong before the rule is spent. Default: no limit. */
  readonly times?: number;
}

/** What goes wrong in a {@link Fault}. */
export interface FaultOptions extends DeviceOptions {
  /** Default: none; {@link Fault.inject} adds more. */
  rules?: readonly FaultRule[];
  /** The same seed and the same requests in the same order bring the same faults. Default 1. */
  seed?: number;
}

/** What is done to a request: the parts that are left out, and how it is to end. */
interface Damage {
  readonly missing: readonly ByteRange[];
  readonly failure: IoError | null;
  /** Of a torn write: told as a whole that failed (false), or as one that was written (true). */
  readonly torn: boolean | null;
}

interface ActiveRule extends FaultRule {
  left: number;
}

/** Makes faults, seeded and counted, for tests of what stands above. Without a rule that applies it passes all on. */
export class Fault extends Layer<Damage | null> {
  private readonly lower: BlockDevice;
  private readonly random: Seeded;
  private rules: ActiveRule[] = [];
  private readonly held: Io[] = [];
  private readonly made: Record<FaultKind, number> = { error: 0, short: 0, hang: 0, torn: 0 };

  /** @throws OptionError `ERR_RATE`, `ERR_TIMES`, `ERR_RULE`, `ERR_SEED` */
  constructor(lower: BlockDevice, options: FaultOptions = {}) {
    super('fault', [lower], lower.geometry, options);
    this.lower = lower;
    this.random = new Seeded(options.seed ?? 1);
    const rules = options.rules ?? [];
    for (const [i, rule] of rules.entries()) checkRule(rule, `rules.${String(i)}.`);
    for (const rule of rules) this.inject(rule);
  }

  /** How many requests have gone wrong, by kind. */
  get counts(): Readonly<Record<FaultKind, number>> {
    return this.made;
  }

  /** How many requests hang. */
  get hanging(): number {
    return this.held.length;
  }

  /**
   * Adds a rule behind those that are there. What it returns takes it away again.
   * @throws OptionError `ERR_RATE` unless the rate is from 0 to 1, `ERR_TIMES` unless `times` is a whole number, `ERR_RULE`
   *   for a field that the kind has no use for
   */
  inject(rule: FaultRule): () => void {
    checkRule(rule, '');
    const active = { ...rule, left: rule.times ?? Infinity };
    this.rules.push(active);
    return () => {
      this.rules = this.rules.filter((each) => each !== active);
    };
  }

  /** Takes all rules away; what hangs goes on hanging. */
  heal(): void {
    this.rules = [];
  }

  /** Sends what hangs on, in order, or fails it with `code`. Answers how many that were. */
  letGo(code?: IoErrorCode): number {
    const held = this.held.splice(0);
    for (const io of held) {
      if (code === undefined) io.pass(this, this.lower, io.position, null);
      else io.finish(0, new IoError(code, { message: `${this.name} let it go` }));
    }
    return held.length;
  }

  submit(io: Io): void {
    const rule = this.ruleFor(io);
    if (rule === undefined) {
      io.pass(this, this.lower, io.position, null);
      return;
    }
    rule.left--;
    this.made[rule.kind]++;
    if (rule.kind === 'hang') this.held.push(io);
    else this.send(io, this.damage(io, rule));
  }

  done(io: Io, damage: Damage | null): void {
    if (damage === null) return;
    if (damage.torn === true && io.failure === null) {
      io.bytes = io.length;
      io.failedRanges = null;
      return;
    }
    io.failure ??= damage.failure;
    io.failedRanges =
      damage.torn === null ? [...(io.failedRanges ?? []), ...damage.missing] : [{ offset: 0, length: io.length }];
    if (damage.torn !== null) io.bytes = 0;
  }

  private ruleFor(io: Io): ActiveRule | undefined {
    return this.rules.find(
      ({ kind, operations, range, rate = 1, left }) =>
        left > 0 &&
        (kind !== 'torn' || io.operation === 'write') &&
        (kind !== 'short' || io.length > 0) &&
        (operations === undefined || operations.includes(io.operation)) &&
        (range === undefined || touched(io, range).length > 0) &&
        this.random.chance(rate),
    );
  }

  private damage(io: Io, rule: ActiveRule): Damage {
    const { random, blockSize } = this;
    const blocks = io.length / blockSize;
    const failure = (): IoError => new IoError(rule.code ?? 'EIO', { message: `${this.name} made it fail` });
    if (rule.kind === 'short') {
      return { missing: tailAfter(random.below(blocks) * blockSize, io.length), failure: null, torn: null };
    }
    if (rule.kind === 'error') {
      const missing = rule.range === undefined ? { offset: 0, length: io.length } : touched(io, rule.range);
      return { missing: [missing], failure: failure(), torn: null };
    }
    // At least one block is missing, or nothing would be torn.
    const lost = random.below(blocks);
    const missing: ByteRange[] = [];
    for (let block = 0; block < blocks; block++) {
      if (block === lost || random.chance(0.5)) missing.push({ offset: block * blockSize, length: blockSize });
    }
    return { missing, failure: rule.silent === true ? null : failure(), torn: rule.silent === true };
  }

  /** Sends all but what is missing. */
  private send(io: Io, damage: Damage): void {
    const split = io.split(this, damage);
    for (const { offset, length } of complementOf(damage.missing, io.length)) {
      split.piece(this.lower, io.position + offset, offset, length);
    }
    split.seal();
  }
}

/** @param at where the rule stands, in front of its fields' names. @throws OptionError `ERR_RATE`, `ERR_TIMES`, `ERR_RULE` */
function checkRule({ kind, code, silent, rate = 1, times = Infinity }: FaultRule, at: string): void {
  if (!(rate >= 0 && rate <= 1))
    throw new OptionError('ERR_RATE', `${at}rate`, `must be from 0 to 1, got ${String(rate)}`);
  if (times !== Infinity && !(Number.isSafeInteger(times) && times >= 0)) {
    throw new OptionError('ERR_TIMES', `${at}times`, `must be a whole number from 0 up, got ${String(times)}`);
  }
  if (silent !== undefined && kind !== 'torn') {
    throw new OptionError(
      'ERR_RULE',
      `${at}silent`,
      `must be left out of a rule that is not torn, got one of kind ${kind}`,
    );
  }
  if (code !== undefined && kind !== 'torn' && kind !== 'error') {
    throw new OptionError(
      'ERR_RULE',
      `${at}code`,
      `must be left out of a rule that fails nothing, got one of kind ${kind}`,
    );
  }
}

/** The part of a request that lies in a range of the device, in bytes from the request's start. */
function touched(io: Io, range: ByteRange): ByteRange {
  const from = Math.max(io.position, range.offset);
  const to = Math.min(io.position + io.length, range.offset + range.length);
  return { offset: from - io.position, length: Math.max(0, to - from) };
}
