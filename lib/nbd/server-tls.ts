import type { Socket } from 'node:net';
import { createSecureContext, createServer, DEFAULT_CIPHERS, type TlsOptions, type TLSSocket } from 'node:tls';
import { ArgumentError } from '../wait/errors.js';

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

/** Makes sockets speak TLS. */
export class ServerTls {
  private readonly options: TlsOptions;

  /** @throws ArgumentError `ERR_TLS` for neither a certificate with its key nor pre-shared keys, or for one that cannot be used */
  constructor({ cert, key, ca, psk }: NbdServerTls) {
    if ((cert === undefined || key === undefined) && psk === undefined) {
      throw new ArgumentError('ERR_TLS', 'tls needs a certificate and its key (cert, key), or pre-shared keys (psk)');
    }
    const options: TlsOptions = {
      minVersion: 'TLSv1.2',
      requestCert: ca !== undefined,
      rejectUnauthorized: ca !== undefined,
    };
    if (cert !== undefined && key !== undefined) Object.assign(options, { cert: pem(cert), key: pem(key) });
    if (ca !== undefined) options.ca = pem(ca);
    if (psk !== undefined) {
      options.pskCallback = (_socket, identity) => {
        const found = psk.get(identity);
        return found === undefined ? null : found;
      };
      // Node leaves these out unless they are named.
      options.ciphers = cert === undefined ? PSK_CIPHERS : EITHER_CIPHERS;
    }
    try {
      createSecureContext(options);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw Object.assign(new ArgumentError('ERR_TLS', `tls cannot be used: ${reason}`), { cause: error });
    }
    this.options = options;
  }

  /** Begins TLS on a socket that is read by nobody any more. */
  upgrade(socket: Socket, then: Upgraded): void {
    // Of its own for each: the server's event does not tell which socket it was.
    const server = createServer(this.options);
    server.once('secureConnection', (secure) => {
      then(null, secure);
    });
    server.once('tlsClientError', (error) => {
      then(error, null);
    });
    server.emit('connection', socket);
  }
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

function pem(given: string | Uint8Array): string | Buffer {
  return typeof given === 'string' ? given : Buffer.from(given);
}
