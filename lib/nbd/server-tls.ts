import type { Socket } from 'node:net';
import { createServer, DEFAULT_CIPHERS, type Server, type TlsOptions, type TLSSocket } from 'node:tls';
import { OptionError } from '../io/option-error.js';
import { checkSharedKey, contextOf, credentialsOf, isSharedKey } from './credentials.js';

/** How a server speaks TLS. With it nothing is told or served without. */
export interface NbdServerTls {
  /** The server's certificate and its key, PEM. */
  cert?: string | Uint8Array;
  key?: string | Uint8Array;
  /** Who signs the certificates of clients, PEM. Given, clients must have one. */
  ca?: string | Uint8Array;
  /** Pre-shared keys by the name of the client, instead of certificates or besides them. */
  psk?: ReadonlyMap<string, Uint8Array>;
}

/** Told what has become of it: a socket that speaks TLS, or an error. */
type Upgraded = (error: Error | null, secure: TLSSocket | null) => void;

/** Servers that are kept for the next handshake. */
const MOST_IDLE = 16;

/** Makes sockets speak TLS. */
export class ServerTls {
  private readonly options: TlsOptions;
  private readonly idle: Server[] = [];

  /** @throws OptionError `ERR_TLS` for neither a certificate with its key nor pre-shared keys, or for what cannot be used */
  constructor({ cert, key, ca, psk }: NbdServerTls) {
    if (cert === undefined && key === undefined && psk === undefined) {
      throw new OptionError('ERR_TLS', 'tls', 'needs a certificate and its key (cert, key), or pre-shared keys (psk)');
    }
    const options: TlsOptions = {
      minVersion: 'TLSv1.2',
      requestCert: ca !== undefined,
      rejectUnauthorized: ca !== undefined,
      ...credentialsOf({ ca, cert, key }),
    };
    if (psk !== undefined) {
      checkSharedKeys(psk);
      options.pskCallback = (_socket, identity) => {
        const found = psk.get(identity);
        return found !== undefined && isSharedKey(found) ? found : null;
      };
      // Node leaves these out unless they are named.
      options.ciphers = cert === undefined ? PSK_CIPHERS : EITHER_CIPHERS;
    }
    contextOf(options);
    this.options = options;
  }

  /** Begins TLS on a socket that is read by nobody any more. */
  upgrade(socket: Socket, then: Upgraded): void {
    // One handshake at a time, as a server does not tell which socket an event is of; kept, as making one reads all keys anew.
    const server = this.idle.pop() ?? createServer(this.options);
    const ended = (error: Error | null, secure: TLSSocket | null): void => {
      server.removeAllListeners('secureConnection').removeAllListeners('tlsClientError');
      if (this.idle.length < MOST_IDLE) this.idle.push(server);
      then(error, secure);
    };
    server.once('secureConnection', (secure) => {
      ended(null, secure);
    });
    server.once('tlsClientError', (error) => {
      ended(error, null);
    });
    server.emit('connection', socket);
  }
}

function checkSharedKeys(psk: unknown): void {
  if (!(psk instanceof Map) || psk.size === 0) {
    throw new OptionError('ERR_TLS', 'tls.psk', 'must be a Map with a key at least');
  }
  for (const [identity, key] of psk as ReadonlyMap<string, Uint8Array>) checkSharedKey(identity, key);
}

/** Those that need a pre-shared key; Node offers none of them unless it is told to. */
export const PSK_CIPHERS =
  'ECDHE-PSK-CHACHA20-POLY1305:ECDHE-PSK-AES256-CBC-SHA384:DHE-PSK-AES256-GCM-SHA384:PSK-AES256-GCM-SHA384:PSK-AES128-GCM-SHA256';

/**
 * Keys or certificates, whichever a client has. TLS 1.3 with a pre-shared key needs one of SHA-256: with another the
 * server falls back to its certificate, which a client with a key does not take.
 */
const EITHER_CIPHERS = [
  'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256',
  PSK_CIPHERS,
  ...DEFAULT_CIPHERS.split(':').filter((cipher) => !cipher.startsWith('TLS_') && cipher !== '!PSK'),
].join(':');
