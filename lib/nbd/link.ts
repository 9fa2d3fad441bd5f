import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { ClientTls } from './client-tls.js';
import { Inlet, type Taker } from './inlet.js';
import { KEEP_ALIVE } from './keep-alive.js';
import { MessageReader } from './message-reader.js';
import { NbdError } from './nbd-error.js';
import { Outlet } from './outlet.js';
import { directly, readStream, type Receiver } from './reading.js';
import { NBD_PORT, type NbdAddress } from './uri.js';

/** A client's connection to a server: messages in, messages out, and one end. */
export class Link implements Receiver {
  /** Of the handshake. */
  readonly reader: MessageReader;
  inlet: Inlet;
  outlet: Outlet;
  /** Told once, when there is no connection any more. Set by whoever uses it. */
  lost: (error: Error) => void;
  private socket: Socket;
  private receiving = false;
  private flushing = false;
  private failure: Error | null = null;

  /** Begins to connect; {@link opened} tells how that went. */
  constructor(address: NbdAddress, direct: boolean) {
    this.reader = new MessageReader(() => this.inlet);
    this.inlet = new Inlet(this.reader);
    this.lost = (error) => {
      this.reader.fail(error);
    };
    const { path, host = 'localhost', port = NBD_PORT } = address;
    const where: NetConnectOpts = path === undefined ? { host, port, noDelay: true, ...KEEP_ALIVE } : { path };
    this.socket = connect(direct ? { ...where, onread: directly(this) } : where);
    if (!direct) readStream(this.socket, this);
    this.outlet = new Outlet(this.socket);
    this.listen();
  }

  /** Resolves when it is connected. Rejects with an NbdError `ERR_NBD_GONE` when there is nobody. */
  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('close', () => {
        reject(this.failure ?? new NbdError('ERR_NBD_GONE', 'The connection was closed'));
      });
    });
  }

  /** Whether it has ended. */
  get gone(): boolean {
    return this.failure !== null;
  }

  /** Messages go to another from now on. */
  handTo(taker: Taker): void {
    this.inlet.taker = taker;
  }

  /** Sends what was gathered when the present turn is over, or what has come was taken. */
  flushSoon(): void {
    if (this.receiving || this.flushing) return;
    this.flushing = true;
    queueMicrotask(() => {
      this.flushing = false;
      if (!this.gone) this.outlet.flush();
    });
  }

  /** Tells after `ms` without a byte in either direction, each time. */
  whenSilent(ms: number, then: () => void): void {
    // What is given with the time is told of the first silence only.
    this.socket.setTimeout(ms).on('timeout', then);
  }

  /** TLS from here on. @throws NbdError `ERR_NBD_TLS` */
  async secure(tls: ClientTls, host: string | undefined): Promise<void> {
    if (this.inlet.pending > 0)
      throw new NbdError('ERR_NBD_TLS', 'The server has sent plain text behind its yes to TLS');
    this.socket.removeAllListeners();
    const secure = await tls.secure(this.socket, host);
    this.socket = secure;
    this.inlet = new Inlet(this.reader);
    this.outlet = new Outlet(secure);
    this.listen();
    readStream(secure, this);
  }

  /** Ends it at once. */
  destroy(error: Error): void {
    if (this.failure !== null) return;
    this.failure = error;
    this.socket.destroy();
    this.lost(error);
  }

  /** Ends it behind what was gathered. */
  end(): void {
    this.outlet.flush();
    this.failure ??= new NbdError('ERR_NBD_GONE', 'The connection was closed');
    this.socket.destroySoon();
  }

  get target(): Uint8Array | null {
    return this.inlet.target;
  }

  get expectsLarge(): boolean {
    return this.inlet.expectsLarge;
  }

  filled(bytes: number): void {
    this.batch(() => {
      this.inlet.filledBy(bytes);
    });
  }

  received(chunk: Buffer): void {
    this.batch(() => {
      this.inlet.feed(chunk);
    });
  }

  /** One write sends what comes of what has come. */
  private batch(body: () => void): void {
    if (this.gone) return;
    this.receiving = true;
    try {
      body();
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
      if (!(error instanceof NbdError)) throw error;
    } finally {
      this.receiving = false;
    }
    this.outlet.flush();
  }

  private listen(): void {
    let cause: Error | undefined;
    this.socket.on('error', (error) => {
      cause = error;
    });
    this.socket.on('close', () => {
      const why = cause === undefined ? 'The server has closed the connection' : `The server is gone: ${cause.message}`;
      this.destroy(new NbdError('ERR_NBD_GONE', why, { cause }));
    });
  }
}
