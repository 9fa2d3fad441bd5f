import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { WaitQueue } from '../wait/queue.js';
import { waitUntil } from '../wait/wait-until.js';
import { ArgumentError, StateError, TimeoutError } from '../wait/errors.js';
import { BlockDevice } from '../io/device.js';
import { PagePool } from '../io/pages.js';
import { Buffers } from './buffers.js';
import { Connection, type ConnectionKit } from './connection.js';
import { Export, type NbdExportOptions } from './export.js';
import { newFigures, type Figures } from './figures.js';
import { limitsOf, type NbdLimits } from './limits.js';
import { KEEP_ALIVE } from './keep-alive.js';
import { NbdError } from './nbd-error.js';
import { formatNbdUri, NBD_PORT } from './uri.js';
import { ServerTls, type NbdServerTls } from './server-tls.js';
import { checkSocketPath, clearStale, whyNotThere } from './unix-socket.js';

/** What an {@link NbdServer} offers, to whom, and what clients may use up. */
export interface NbdServerOptions {
  /** What is served, by name. The empty name, or else the only one, is the default export. At least one. */
  exports: Readonly<Record<string, NbdExportOptions>>;
  /** What clients may use up; see {@link NbdLimits}. */
  limits?: Partial<NbdLimits>;
  /** TLS, which is then required of every client. Default: none. */
  tls?: NbdServerTls;
  /** Told, a line each, why a client was disconnected or failed. Default: nobody is. */
  log?: (line: string) => void;
  /** Where the memory of requests comes from. Default: a pool of the server's own, as large as the limits allow. */
  pool?: PagePool;
  /** Read large payloads into place, where Node lets one. Default true; false is slower and does the same. */
  direct?: boolean;
}

/** Where to listen: a Unix socket, or a TCP port of an address. */
export type NbdListenOptions =
  | { readonly path: string }
  | {
      /** 0 for any that is free. Default 10809, which is that of NBD. */
      readonly port?: number;
      /** Default `127.0.0.1`: whoever wants to be reached from elsewhere says so. */
      readonly host?: string;
    };

/**
 * Serves block devices over the NBD protocol, to any number of clients.
 *
 * ```ts
 * const server = new NbdServer({ exports: { disk: { device } } });
 * const uri = await server.listen({ path: '/run/disk.sock' }); // nbd+unix:///disk?socket=/run/disk.sock
 * await server.close(); // answers what runs, then disconnects
 * ```
 *
 * Devices stay the caller's. A client that goes away has its requests cancelled down the stack; one that breaks the
 * protocol or a limit is disconnected, and nobody else notices.
 */
export class NbdServer {
  /** What it has done so far. */
  readonly figures: Readonly<Figures>;
  readonly limits: NbdLimits;
  private readonly exports: ReadonlyMap<string, Export>;
  private readonly kit: ConnectionKit;
  private readonly buffers: Buffers;
  private readonly servers = new Set<Server>();
  private readonly open = new Set<Connection>();
  private readonly left = new WaitQueue();
  private readonly log: (line: string) => void;
  private stopping = false;
  private closing: Promise<void> | null = null;

  /**
   * @throws ArgumentError `ERR_EXPORT` for no export, or what is none; ArgumentRangeError `ERR_LIMIT`, `ERR_DELAY`,
   *   `ERR_EXPORT`; OptionError `ERR_TLS`
   */
  constructor(options: NbdServerOptions) {
    const limits = (this.limits = limitsOf(options.limits));
    const { direct = true, log } = options;
    const figures = (this.figures = newFigures());
    const tls = options.tls === undefined ? null : new ServerTls(options.tls);
    const pool = options.pool ?? new PagePool({ maxBytes: poolBytes(limits), shared: wantShared(options.exports) });
    const exports = (this.exports = exportsOf(options.exports, pool));
    const buffers = (this.buffers = new Buffers(pool, limits.totalBytes));
    this.log = log ?? ignore;
    const isStopping = (): boolean => this.stopping;
    this.kit = {
      exports,
      limits,
      buffers,
      figures,
      tls,
      direct,
      log: this.log,
      find: (name) => exports.get(name) ?? (name === '' && exports.size === 1 ? [...exports.values()][0] : undefined),
      get stopping() {
        return isStopping();
      },
      closed: (connection) => {
        this.open.delete(connection);
        this.left.wakeAll();
      },
    };
  }

  /** Connections that are open. */
  get connections(): number {
    return this.open.size;
  }

  /** Requests under way, of all connections. */
  get inFlight(): number {
    let sum = 0;
    for (const connection of this.open) sum += connection.inFlight;
    return sum;
  }

  /** Bytes of memory that requests, and replies that were not sent, hold. */
  get bytesInFlight(): number {
    return this.buffers.lent;
  }

  /**
   * Listens there, too: a server may listen at several places. Resolves to the URI of the default export, or of the
   * first one. The file of a Unix socket that nobody answers at, as a killed server leaves it, is taken over.
   * @throws StateError `ERR_CLOSED`; ArgumentRangeError `ERR_SOCKET_PATH` for a path that is empty or that the system does
   *   not take whole; rejects with the system's error
   */
  async listen(where: NbdListenOptions): Promise<string> {
    if (this.stopping) throw new StateError('ERR_CLOSED', 'The server is closed and listens no more');
    if ('path' in where) checkSocketPath(where.path);
    const server = createServer({ ...KEEP_ALIVE, pauseOnConnect: true, noDelay: true }, (socket) => {
      this.accept(socket);
    });
    try {
      await listening(server, where);
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!('path' in where)) throw error;
      if (!isTaken || !(await clearStale(where.path))) throw await whyNotThere(where.path, error);
      await listening(server, where);
    }
    server.on('error', (error) => {
      this.log(`listening failed: ${error.message}`);
    });
    this.servers.add(server);
    return this.uriOf(server);
  }

  /**
   * Takes no further connection or request, answers what runs, disconnects, and resolves. With `graceMs` (default
   * 10,000) what has not ended by then is cancelled and disconnected. A second call joins the first.
   */
  close({ graceMs = 10_000 }: { graceMs?: number } = {}): Promise<void> {
    this.stopping = true;
    return (this.closing ??= this.shutDown(graceMs));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async shutDown(graceMs: number): Promise<void> {
    for (const server of this.servers) server.close();
    for (const connection of [...this.open]) connection.stop();
    try {
      await waitUntil(this.left, () => this.open.size === 0, { timeoutMs: graceMs });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      for (const connection of [...this.open]) {
        connection.destroy(new NbdError('ERR_NBD_GONE', 'The server was shut down'));
      }
    }
    this.buffers.close();
  }

  private accept(socket: Socket): void {
    const peer =
      socket.remoteAddress === undefined ? 'a client' : `${socket.remoteAddress}:${String(socket.remotePort)}`;
    if (this.open.size >= this.limits.connections || this.stopping) {
      this.log(`${peer}: refused: ${String(this.open.size)} connections are open, which is the limit`);
      this.kit.figures.expelled++;
      socket.destroy();
      return;
    }
    this.kit.figures.connections++;
    this.open.add(new Connection(socket, peer, this.kit));
  }

  private uriOf(server: Server): string {
    const name = this.exports.has('') ? '' : ([...this.exports.keys()][0] ?? '');
    const common = { name, tls: this.kit.tls !== null };
    const address = server.address() as AddressInfo | string;
    if (typeof address === 'string') return formatNbdUri({ ...common, path: address });
    return formatNbdUri({ ...common, host: address.address, port: address.port });
  }
}

function listening(server: Server, where: NbdListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const done = (): void => {
      server.removeListener('error', reject);
      resolve();
    };
    if ('path' in where) server.listen(where.path, done);
    else server.listen(where.port ?? NBD_PORT, where.host ?? '127.0.0.1', done);
  });
}

/** Memory that threads work on has to be shared; other memory is quicker to copy. */
function wantShared(given: NbdServerOptions['exports']): boolean {
  return Object.values(given).some(({ device }) => device instanceof BlockDevice && device.wantsSharedMemory);
}

function exportsOf(given: NbdServerOptions['exports'], pool: PagePool): ReadonlyMap<string, Export> {
  const exports = new Map(Object.entries(given).map(([name, options]) => [name, new Export(name, options, pool)]));
  if (exports.size === 0) throw new ArgumentError('ERR_EXPORT', 'exports must name at least one device, got none');
  return exports;
}

/** Loans are powers of two, and some are kept for the next request. */
function poolBytes({ totalBytes, requestBytes }: NbdLimits): number {
  const wanted = 2 * (totalBytes + requestBytes);
  return Math.max(1 << 20, wanted - (wanted % 4096));
}

function ignore(): void {
  // Nobody wants to know.
}
