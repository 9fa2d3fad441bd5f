import type { Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { NbdError } from './nbd-error.js';
import { PSK_CIPHERS } from './server-tls.js';

/** How a client speaks TLS. Without a pre-shared key the server needs a certificate that can be verified. */
export interface NbdClientTls {
  /** Who signs the server's certificate, PEM. Default: those whom Node trusts. */
  ca?: string | Uint8Array;
  /** The client's own certificate and its key, PEM, where the server asks for one. */
  cert?: string | Uint8Array;
  key?: string | Uint8Array;
  /** The name in the server's certificate. Default: the host, of a Unix socket `localhost`. */
  serverName?: string;
  /** A pre-shared key instead of certificates, and the name that the server knows it by. */
  psk?: { readonly identity: string; readonly key: Uint8Array };
}

/** Speaks TLS on a socket that is read by nobody any more. @throws NbdError `ERR_NBD_TLS` when it fails */
export function secured(socket: Socket, tls: NbdClientTls, host: string | undefined): Promise<TLSSocket> {
  const { ca, cert, key, psk } = tls;
  const options: ConnectionOptions = {
    socket,
    minVersion: 'TLSv1.2',
    servername: tls.serverName ?? host ?? 'localhost',
    ...(ca !== undefined && { ca: pem(ca) }),
    ...(cert !== undefined && { cert: pem(cert) }),
    ...(key !== undefined && { key: pem(key) }),
  };
  if (psk !== undefined) {
    options.ciphers = PSK_CIPHERS;
    options.pskCallback = () => ({ psk: psk.key, identity: psk.identity });
    // The key tells who the server is; without a certificate there is no name to check.
    options.checkServerIdentity = () => undefined;
  }
  return new Promise((resolve, reject) => {
    const secure = connect(options);
    const failed = (error?: Error): void => {
      const why = error?.message ?? 'the server has closed the connection';
      reject(new NbdError('ERR_NBD_TLS', `TLS failed: ${why}`, { cause: error }));
    };
    secure.once('error', failed);
    secure.once('close', failed);
    secure.once('secureConnect', () => {
      secure.removeListener('error', failed);
      secure.removeListener('close', failed);
      resolve(secure);
    });
  });
}

function pem(given: string | Uint8Array): string | Buffer {
  return typeof given === 'string' ? given : Buffer.from(given);
}
