import { IoError } from '../io/io-error.js';
import { ClientHaggling, type Terms } from './client-haggling.js';
import { ClientSession } from './client-session.js';
import type { ClientTls } from './client-tls.js';
import { Link } from './link.js';
import { NbdError } from './nbd-error.js';
import { formatNbdUri, type NbdAddress } from './uri.js';

/** How a client connects. */
export interface LineOptions {
  readonly address: NbdAddress;
  readonly tls: ClientTls | null;
  /** Milliseconds for a connection and its handshake. */
  readonly connectMs: number;
  /** Milliseconds without a byte, while requests are under way, after which the server counts as gone. */
  readonly answerMs: number;
  /** Milliseconds until the first attempt to connect again, doubled with each, up to `reconnectMaxMs`. */
  readonly reconnectMs: number;
  readonly reconnectMaxMs: number;
  readonly direct: boolean;
  readonly extended: boolean;
}

/** Told what becomes of a line. */
export interface LineWatcher {
  /** @internal It is connecting, perhaps again: is the export what it was? Throws if not, and then it is not tried again. */
  checkLine(terms: Terms): void;
  /** @internal It is connected, and takes requests. */
  lineReady(): void;
  /** @internal It has lost its server: what was under way has failed, or is the last that the server answers. */
  lineLost(error: Error): void;
  /** @internal It will not be connected again. */
  lineBroken(error: Error): void;
}

/** A connection that is made again whenever it is lost. */
export class Line {
  private readonly options: LineOptions;
  private readonly uri: string;
  /** Null until there is one. */
  watcher: LineWatcher | null = null;
  private live: ClientSession | null = null;
  private link: Link | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempts = 0;
  private closed = false;

  constructor(options: LineOptions) {
    this.options = options;
    this.uri = formatNbdUri(options.address);
  }

  /** What requests are sent through; null while there is no connection, or one to a server that is being shut down. */
  get session(): ClientSession | null {
    return this.live?.usable === true ? this.live : null;
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.live?.inFlight ?? 0;
  }

  /** Connects for the first time. @throws NbdError */
  open(): Promise<Terms> {
    return this.connect();
  }

  /** Asks the server what it has. @throws NbdError */
  list(): Promise<{ name: string; description: string }[]> {
    return this.handshake(async (haggling) => {
      const found = await haggling.list();
      await haggling.abort();
      return found;
    });
  }

  /** Takes leave of the server. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.live?.close();
    this.live = null;
    this.link?.destroy(new NbdError('ERR_NBD_GONE', 'The device was closed'));
  }

  private connect(): Promise<Terms> {
    const { address, extended } = this.options;
    return this.handshake(async (haggling, link) => {
      const terms = await haggling.go(address.name ?? '', extended);
      this.begin(link, terms);
      return terms;
    });
  }

  /** Connects, and goes through the handshake up to where an export is chosen, all within the time that there is. */
  private async handshake<T>(body: (haggling: ClientHaggling, link: Link) => Promise<T>): Promise<T> {
    const { address, tls, connectMs, direct } = this.options;
    const link = (this.link = new Link(address, direct && tls === null));
    const timer = setTimeout(() => {
      const late = `The server did not get through the handshake within ${String(connectMs)} ms`;
      link.destroy(new NbdError('ERR_NBD_GONE', late));
    }, connectMs);
    try {
      await link.opened();
      const haggling = new ClientHaggling(link);
      await haggling.greet();
      if (tls !== null) {
        await haggling.wantTls();
        await link.secure(tls, address.host);
      }
      return await body(haggling, link);
    } catch (error) {
      const named = this.named(error);
      link.destroy(named);
      this.link = null;
      throw named;
    } finally {
      clearTimeout(timer);
    }
  }

  private begin(link: Link, terms: Terms): void {
    if (this.closed) throw new NbdError('ERR_NBD_GONE', 'The device was closed');
    const session = new ClientSession(link, terms);
    try {
      this.watcher?.checkLine(terms);
    } catch (error) {
      session.close();
      throw error;
    }
    const { answerMs } = this.options;
    session.dismissed = (error) => this.watcher?.lineLost(error);
    link.lost = (error) => {
      this.lose(session, error);
    };
    link.whenSilent(answerMs, () => {
      if (session.inFlight === 0) return;
      link.destroy(new NbdError('ERR_NBD_GONE', `The server has said nothing for ${String(answerMs)} ms`));
    });
    this.attempts = 0;
    this.live = session;
    this.watcher?.lineReady();
  }

  private lose(session: ClientSession, error: Error): void {
    if (this.live !== session) return;
    this.live = this.link = null;
    this.watcher?.lineLost(error);
    session.abandon(new IoError('ENXIO', { message: error.message, cause: error }));
    this.later();
  }

  /** Which of several servers it was. */
  private named(error: unknown): NbdError {
    const { message, code, cause } = error as NbdError;
    const known = error instanceof NbdError;
    return new NbdError(known ? code : 'ERR_NBD_GONE', `${this.uri}: ${message}`, { cause: known ? cause : error });
  }

  private later(): void {
    if (this.closed) return;
    const { reconnectMs, reconnectMaxMs } = this.options;
    const delay = Math.min(reconnectMaxMs, reconnectMs * 2 ** Math.min(this.attempts++, 30));
    this.timer = setTimeout(() => {
      this.connect().catch((error: unknown) => {
        if (this.closed) return;
        if (error instanceof NbdError && error.code === 'ERR_NBD_CHANGED') this.watcher?.lineBroken(error);
        else this.later();
      });
    }, delay);
  }
}
