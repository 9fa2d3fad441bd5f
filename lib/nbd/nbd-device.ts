import { WaitQueue } from '../wait/queue.js';
import { waitUntil } from '../wait/wait-until.js';
import { BlockDevice, type DeviceOptions } from '../io/device.js';
import { blockExtents, cutExtents, unknownExtent, type ExtentState } from '../io/extents.js';
import { IoError } from '../io/io-error.js';
import type { Io } from '../io/io.js';
import { checkCountOption, checkDelayOption } from '../io/option-error.js';
import { waitQueue } from '../io/strategy/wait-queue.js';
import { WaitingList } from '../io/waiting-list.js';
import { Ask, Errand } from './ask.js';
import { abilityOf, checkSame, geometryOf, operationsOf, type Ability } from './ability.js';
import { carve } from './carving.js';
import type { Terms } from './client-haggling.js';
import type { ClientSession } from './client-session.js';
import { ClientTls, type NbdClientTls } from './client-tls.js';
import { Line, type LineOptions, type LineWatcher } from './line.js';
import { addressOf, formatNbdUri, type NbdAddress } from './uri.js';
import * as wire from './wire.js';

/** How an {@link NbdDevice} connects, and how long it waits. */
export interface NbdDeviceOptions extends DeviceOptions {
  /** How TLS is to be spoken. Default, where the address asks for TLS: with a certificate that Node trusts. */
  tls?: NbdClientTls;
  /** Refuse everything but reads. Default: when the server does. */
  readOnly?: boolean;
  /** Bytes, a power of two, no less than the server asks for. Default 512, or what the server asks for. */
  blockSize?: number;
  /** Connections to the server, if it allows more than one. Default 1. */
  connections?: number;
  /** Requests under way on a connection; more wait here, where a cancel finds them. Default 128. */
  depth?: number;
  /** Milliseconds for connecting and the handshake. Default 10,000. */
  connectMs?: number;
  /** Milliseconds without a byte, while requests are under way, after which the server counts as gone. Default 30,000. */
  answerMs?: number;
  /** Milliseconds that requests wait for a server that has gone, from then on, before they fail. Default 0. */
  waitMs?: number;
  /** Milliseconds until the first attempt to connect again, doubled with each up to `reconnectMaxMs`. Default 100 and 10,000. */
  reconnectMs?: number;
  reconnectMaxMs?: number;
  /** Ask for extended headers. Default true. */
  extendedHeaders?: boolean;
  /** Read large payloads into place. Default true; false is slower and does the same. */
  direct?: boolean;
}

/**
 * An export of an NBD server as a device. Requests are sent as they come, and answered in any order.
 *
 * When the server goes away, requests under way fail with `ENXIO`: they may have been carried out or not. It is connected
 * to again, with growing pauses; requests fail meanwhile, or wait for `waitMs`. An export that has another size by then,
 * or other abilities, is refused for good. Writes that were acknowledged and not flushed may have been lost with the
 * server, so that the next `flush` fails with `EIO` (I7), unless {@link connected} has told so.
 */
export class NbdDevice extends BlockDevice implements LineWatcher {
  readonly lowers: readonly BlockDevice[] = [];
  /** Where it is. */
  readonly uri: string;
  private readonly lines: readonly Line[];
  private readonly ability: Ability;
  private readonly depth: number;
  private readonly waitMs: number;
  private readonly terms: Terms;
  private readonly waiting: WaitingList = new WaitingList();
  private readonly changes = new WaitQueue();
  private patience: ReturnType<typeof setTimeout> | null = null;
  private broke: Error | null = null;
  /** Changes that were acknowledged, how many of them are stable, and how many may have been lost. */
  private acknowledged = 0;
  private stable = 0;
  private suspect = 0;
  private readonly errandDone = (errand: Errand): void => {
    this.errandEnded(errand);
  };

  private constructor(uri: string, terms: Terms, lines: readonly Line[], options: NbdDeviceOptions) {
    const geometry = geometryOf(terms, options.blockSize);
    super(options.name ?? uri, options.strategy ?? waitQueue, geometry, operationsOf(terms, options.readOnly === true));
    this.uri = uri;
    this.terms = terms;
    this.ability = abilityOf(terms, geometry.blockSize);
    this.depth = options.depth ?? 128;
    this.waitMs = options.waitMs ?? 0;
    this.lines = lines;
    for (const line of lines) line.watcher = this;
  }

  /**
   * Connects to an export, by its URI or address.
   * @throws ArgumentError `ERR_NBD_URI`; ArgumentRangeError `ERR_SOCKET_PATH`, `ERR_EXPORT`, `ERR_DELAY`, `ERR_DEPTH`, `ERR_CONNECTIONS`, `ERR_BLOCK_SIZE`,
   *   `ERR_GEOMETRY`, `ERR_TLS`; NbdError `ERR_NBD_GONE`, `ERR_NBD_REFUSED`, `ERR_NBD_TLS`, `ERR_NBD_PROTOCOL` (nothing is left open)
   */
  static async open(where: string | NbdAddress, options: NbdDeviceOptions = {}): Promise<NbdDevice> {
    const address = addressOf(where);
    const { connections = 1, depth = 128 } = options;
    checkCountOption('ERR_CONNECTIONS', 'connections', connections);
    checkCountOption('ERR_DEPTH', 'depth', depth);
    checkDelayOption('waitMs', options.waitMs ?? 0);
    const lineOptions = lineOptionsOf(address, options);
    const lines = [new Line(lineOptions)];
    try {
      const terms = await (lines[0] as Line).open();
      const most = (terms.flags & wire.FLAG_CAN_MULTI_CONN) === 0 ? 1 : connections;
      while (lines.length < most) {
        const line = new Line(lineOptions);
        lines.push(line);
        checkSame(terms, await line.open());
      }
      return new NbdDevice(formatNbdUri(address), terms, lines, options);
    } catch (error) {
      for (const line of lines) line.close();
      throw error;
    }
  }

  /** The exports of a server. @throws as {@link open} */
  static async list(
    where: string | NbdAddress,
    options: Pick<NbdDeviceOptions, 'tls' | 'connectMs'> = {},
  ): Promise<{ name: string; description: string }[]> {
    const address = addressOf(where);
    return new Line(lineOptionsOf(address, options)).list();
  }

  /** Whether the server can be asked at present. */
  get online(): boolean {
    return this.lines.some(({ session }) => session !== null);
  }

  /** Why it is not connected to any more, for good: the export has changed. */
  get failure(): Error | null {
    return this.broke;
  }

  /** What a server does is not known. */
  override get zeroesByWriting(): boolean {
    return true;
  }

  /** Requests that the server has been asked and has not answered. */
  get inFlight(): number {
    return this.lines.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  /** Requests that wait here: for their turn, or for the server. */
  get queued(): number {
    return this.waiting.length;
  }

  /**
   * Waits until it is connected on every line, and tells whether changes that were acknowledged before the connection was
   * lost may be lost: whoever asks here has been told, and the next `flush` is not failed for it.
   * @throws NbdError `ERR_NBD_CHANGED` when it will not be any more; what `signal` aborts with
   */
  async connected({ signal }: { signal?: AbortSignal } = {}): Promise<{ lost: boolean }> {
    const isReady = (): boolean => this.broke !== null || this.lines.every(({ session }) => session !== null);
    await waitUntil(this.changes, isReady, signal === undefined ? {} : { signal });
    if (this.broke !== null) throw this.broke;
    const lost = this.suspect > this.stable;
    this.suspect = 0;
    return { lost };
  }

  submit(io: Io): void {
    const session = this.broke === null ? this.idlest() : null;
    if (session !== null && session.inFlight < this.depth && this.waiting.first === null) this.start(io, session);
    else if (session !== null || this.patience !== null) this.waiting.park(io);
    else io.finish(0, this.gone());
  }

  /** @internal */
  checkLine(terms: Terms): void {
    checkSame(this.terms, terms);
  }

  /** @internal */
  lineReady(): void {
    if (this.patience !== null) clearTimeout(this.patience);
    this.patience = null;
    this.serve();
    this.changes.wakeAll();
  }

  /** @internal */
  lineLost(): void {
    this.suspect = this.acknowledged;
    if (this.online || this.waitMs === 0 || this.patience !== null) return;
    this.patience = setTimeout(() => {
      this.giveUp();
    }, this.waitMs);
  }

  /** @internal */
  lineBroken(error: Error): void {
    this.broke = error;
    this.giveUp();
    this.changes.wakeAll();
  }

  /** The server is asked. Questions are not counted among those that {@link NbdDeviceOptions.depth} limits. */
  protected override async knownExtents(position: number, length: number): Promise<ExtentState[]> {
    const { blockSize } = this;
    const start = position - (position % blockSize);
    const blocks = Math.ceil((position + length - start) / blockSize) * blockSize;
    const session = this.broke === null ? this.idlest() : null;
    const known = await session?.status(start, Math.min(blocks, this.ability.spanBytes));
    if (!known) return [unknownExtent(length)];
    return cutExtents(blockExtents(known, blockSize), position - start, length);
  }

  protected override release(): void {
    if (this.patience !== null) clearTimeout(this.patience);
    for (const line of this.lines) line.close();
  }

  /** What waited for the server waits no more. */
  private giveUp(): void {
    if (this.patience !== null) clearTimeout(this.patience);
    this.patience = null;
    for (let slot = this.waiting.first; slot !== null; slot = this.waiting.first) {
      this.waiting.take(slot);
      slot.io.finish(0, this.gone());
    }
  }

  private idlest(): ClientSession | null {
    let best: ClientSession | null = null;
    for (const { session } of this.lines) {
      if (session !== null && (best === null || session.inFlight < best.inFlight)) best = session;
    }
    return best;
  }

  private start(io: Io, session: ClientSession): void {
    if (io.operation === 'flush' && !this.canFlush(io)) return;
    if (io.fua && !this.canPersist) {
      io.finish(0, new IoError('EOPNOTSUPP', { message: `${this.name} has neither FUA nor flush` }));
      return;
    }
    const errand = new Errand(io, this.errandDone);
    errand.acknowledged = this.acknowledged;
    carve(errand, this.ability, (ask) => {
      session.send(ask);
    });
  }

  private get canPersist(): boolean {
    return (this.ability.flags & (wire.FLAG_SEND_FUA | wire.FLAG_SEND_FLUSH)) !== 0;
  }

  /** Answers a flush that need not, or must not, be asked for. */
  private canFlush(io: Io): boolean {
    if (this.suspect > this.stable) {
      this.suspect = 0;
      const message = `${this.name} was connected to again: what was written before and not flushed may be lost`;
      io.finish(0, new IoError('EIO', { message }));
      return false;
    }
    if ((this.ability.flags & wire.FLAG_SEND_FLUSH) !== 0) return true;
    io.finish(0, null);
    return false;
  }

  private errandEnded(errand: Errand): void {
    const { io, failure, flushing } = errand;
    const changes = io.operation !== 'read' && io.operation !== 'flush';
    if (changes && failure === null && io.fua && !flushing && (this.ability.flags & wire.FLAG_SEND_FUA) === 0) {
      const session = this.idlest();
      if (session !== null) {
        errand.flushing = true;
        session.send(new Ask(errand, wire.CMD_FLUSH, 0, 0, 0));
        return;
      }
      errand.failure = this.gone();
    }
    if (flushing && failure !== null) errand.missing.push({ offset: 0, length: io.length });
    if (changes && !(io.fua && failure === null)) this.acknowledged++;
    if (io.operation === 'flush' && failure === null) this.stable = Math.max(this.stable, errand.acknowledged);
    errand.finish();
    if (this.waiting.first !== null) this.serve();
  }

  /** Sends on what waited for its turn. */
  private serve(): void {
    for (let slot = this.waiting.first; slot !== null; slot = this.waiting.first) {
      const session = this.idlest();
      if (session === null || session.inFlight >= this.depth) return;
      this.waiting.take(slot);
      this.start(slot.io, session);
    }
  }

  private gone(): IoError {
    const message = this.broke?.message ?? `${this.name} is not connected`;
    return new IoError('ENXIO', { message, cause: this.broke });
  }
}

function lineOptionsOf(address: NbdAddress, options: NbdDeviceOptions): LineOptions {
  const { connectMs = 10_000, answerMs = 30_000, reconnectMs = 100, reconnectMaxMs = 10_000 } = options;
  for (const [name, ms] of Object.entries({ connectMs, answerMs, reconnectMs, reconnectMaxMs }))
    checkDelayOption(name, ms);
  const { tls: given = address.tls === true ? {} : null, direct = true, extendedHeaders = true } = options;
  const tls = given === null ? null : new ClientTls(given);
  return { address, tls, connectMs, answerMs, reconnectMs, reconnectMaxMs, direct, extended: extendedHeaders };
}
