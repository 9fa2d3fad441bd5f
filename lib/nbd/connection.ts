import type { Socket } from 'node:net';
import type { Buffers } from './buffers.js';
import type { Export } from './export.js';
import type { Figures } from './figures.js';
import { writeGreeting } from './greeting.js';
import { Haggling, type Agreement, type Host } from './haggling.js';
import { Inlet } from './inlet.js';
import type { NbdLimits } from './limits.js';
import { NbdError } from './nbd-error.js';
import { Outlet } from './outlet.js';
import { readAccepted, readStream, type Receiver } from './reading.js';
import { Session } from './session.js';
import type { ServerTls } from './server-tls.js';
import { FLAG_FIXED_NEWSTYLE, FLAG_NO_ZEROES } from './wire.js';

/** The server, as its connections see it. */
export interface ConnectionKit {
  readonly exports: ReadonlyMap<string, Export>;
  find(name: string): Export | undefined;
  readonly limits: NbdLimits;
  readonly buffers: Buffers;
  readonly figures: Figures;
  readonly tls: ServerTls | null;
  /** Whether it is being shut down. */
  readonly stopping: boolean;
  /** Whether payloads are read into place where that can be. */
  readonly direct: boolean;
  log(line: string): void;
  closed(connection: Connection): void;
}

/** Read from a client that has its share in flight, so that one that goes away is noticed behind what it has asked. */
const LOOKAHEAD_BYTES = 64 * 1024;

/** Of replies that a client has not taken, besides the memory that its requests hold: then nothing more is read from it. */
const UNREAD_BYTES = 4 << 20;

const NOTHING = Buffer.alloc(0);

/** One client: its socket, the handshake, and then the transmission. */
export class Connection implements Host, Receiver {
  private readonly kit: ConnectionKit;
  private readonly peer: string;
  private readonly haggling: Haggling;
  private socket: Socket;
  private inlet: Inlet;
  private outlet: Outlet;
  private session: Session | null = null;
  private handshake: ReturnType<typeof setTimeout> | undefined;
  private flushing: ReturnType<typeof setImmediate> | undefined;
  private receiving = false;
  private upgrading = false;
  private ending = false;
  private gone = false;

  constructor(accepted: Socket, peer: string, kit: ConnectionKit) {
    this.kit = kit;
    this.peer = peer;
    this.haggling = new Haggling(this);
    this.inlet = new Inlet(this.haggling);
    this.socket = readAccepted(accepted, this, kit.direct && kit.tls === null);
    this.outlet = new Outlet(this.socket);
    this.listen();
    const { handshakeMs } = kit.limits;
    this.handshake = setTimeout(() => {
      this.expel(`it did not get through the handshake within ${String(handshakeMs)} ms`);
    }, handshakeMs);
    this.send(writeGreeting(FLAG_FIXED_NEWSTYLE | FLAG_NO_ZEROES));
    this.outlet.flush();
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.session?.inFlight ?? 0;
  }

  get exports(): ReadonlyMap<string, Export> {
    return this.kit.exports;
  }

  get limits(): NbdLimits {
    return this.kit.limits;
  }

  get stopping(): boolean {
    return this.kit.stopping;
  }

  get tls(): 'none' | 'required' {
    return this.kit.tls === null ? 'none' : 'required';
  }

  find(name: string): Export | undefined {
    return this.kit.find(name);
  }

  send(bytes: Buffer): void {
    this.outlet.append(bytes, null);
  }

  startTls(): void {
    this.upgrading = true;
  }

  begin(agreement: Agreement): void {
    clearTimeout(this.handshake);
    const { inlet, outlet, kit } = this;
    const { buffers, limits, figures } = kit;
    const session = new Session(
      {
        inlet,
        outlet,
        buffers,
        limits,
        figures,
        stopping: () => kit.stopping,
        ended: () => {
          this.end();
        },
        flushSoon: () => {
          this.flushSoon();
        },
        resume: () => {
          this.resume();
        },
      },
      agreement,
    );
    session.batching = true;
    this.session = session;
    inlet.taker = session;
    this.socket.setTimeout(limits.stallMs);
  }

  /** Closes the connection behind what was answered. */
  end(): void {
    if (this.ending || this.gone) return;
    this.ending = true;
    // Within a batch more may be answered.
    if (!this.receiving) this.destroySoon();
  }

  /** The server is being shut down: what runs is answered, then the connection is closed. */
  stop(): void {
    if (this.session === null) this.end();
    else this.session.drain();
  }

  /** Closes the connection at once; what runs for it is cancelled. */
  destroy(reason: Error): void {
    this.close(reason);
    this.socket.destroy();
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

  /** Takes what has come, and sends what has come of it with one write. */
  private batch(body: () => void): void {
    if (this.gone) return;
    const { session } = this;
    if (session !== null) session.batching = true;
    this.receiving = true;
    try {
      body();
    } catch (error) {
      // A defect of the server's own is told in full, and costs the others nothing.
      if (error instanceof NbdError) this.expel(error.message);
      else this.expel(`a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return;
    } finally {
      this.receiving = false;
      if (this.session !== null) this.session.batching = false;
    }
    this.outlet.flush();
    if (this.upgrading) this.upgrade();
    else if (this.ending) this.destroySoon();
    else if (this.isAhead()) this.socket.pause();
  }

  private resume(): void {
    if (this.receiving || this.gone) return;
    this.batch(() => {
      this.inlet.resume();
    });
    if (!this.ending && !this.isAhead()) this.socket.resume();
  }

  /** Whether enough was read that cannot be taken yet, or more was answered than is being read. */
  private isAhead(): boolean {
    const { inlet, outlet, session } = this;
    if (inlet.taker.needs === 0 && inlet.pending >= LOOKAHEAD_BYTES) return true;
    return outlet.unsent > UNREAD_BYTES + (session?.bytes ?? 0);
  }

  private flushSoon(): void {
    this.flushing ??= setImmediate(() => {
      this.flushing = undefined;
      if (!this.gone) this.outlet.flush();
    });
  }

  private upgrade(): void {
    this.upgrading = false;
    const { tls } = this.kit;
    if (tls === null) return;
    if (this.inlet.pending > 0) {
      this.expel('it has sent more in plain text behind the option that begins TLS');
      return;
    }
    this.socket.removeAllListeners();
    tls.upgrade(this.socket, (error, secure) => {
      // A server that is shut down has hung up itself.
      if (this.gone || this.ending) return;
      if (secure === null) {
        this.expel(`TLS failed: ${error?.message ?? 'it was closed'}`);
        return;
      }
      this.socket = secure;
      this.outlet = new Outlet(secure);
      this.inlet = new Inlet(new Haggling(this, this.haggling));
      this.listen();
      readStream(secure, this);
    });
    this.socket.on('close', () => {
      this.close(new NbdError('ERR_NBD_GONE', 'The client is gone'));
    });
  }

  private listen(): void {
    const { socket } = this;
    socket.on('error', (error) => {
      // Who has taken leave need not wait for the answer.
      if (this.ending || this.session?.farewell === true) return;
      this.kit.log(`${this.peer}: ${error.message}`);
    });
    socket.on('close', () => {
      this.close(new NbdError('ERR_NBD_GONE', 'The client is gone'));
    });
    socket.on('end', () => {
      // After a farewell what runs is still answered.
      if (this.ending || this.session?.farewell === true) return;
      this.destroy(new NbdError('ERR_NBD_GONE', 'The client has closed the connection'));
    });
    socket.on('drain', () => {
      this.session?.unpark();
      if (!this.isAhead()) socket.resume();
    });
    socket.on('timeout', () => {
      const { stallMs } = this.kit.limits;
      // Who is not read is not noticed to go: writing nothing tells.
      if (socket.isPaused()) socket.write(NOTHING);
      if (this.outlet.unsent > 0) this.expel(`it has read no reply for ${String(stallMs)} ms`);
      else if (this.inlet.unfinished) this.expel(`it has left a request unfinished for ${String(stallMs)} ms`);
    });
  }

  private destroySoon(): void {
    this.outlet.flush();
    this.socket.destroySoon();
  }

  private expel(why: string): void {
    if (this.gone) return;
    this.kit.figures.expelled++;
    this.kit.log(`${this.peer}: disconnected: ${why}`);
    this.destroy(new NbdError('ERR_NBD_PROTOCOL', why));
  }

  private close(reason: Error): void {
    if (this.gone) return;
    this.gone = true;
    clearTimeout(this.handshake);
    clearImmediate(this.flushing);
    this.session?.close(reason);
    this.kit.closed(this);
  }
}
