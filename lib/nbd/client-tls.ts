import { isIP, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { checkSharedKey, contextOf, credentialsOf } from './credentials.js';
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

/** Speaks TLS with servers. */
export class ClientTls {
  private readonly serverName: string | undefined;
  private readonly options: ConnectionOptions;

  /** @throws OptionError `ERR_TLS` for what cannot be used */
  constructor({ ca, cert, key, psk, serverName }: NbdClientTls) {
    const credentials = { ...credentialsOf({ ca, cert, key }), minVersion: 'TLSv1.2' } as const;
    this.serverName = serverName;
    if (psk === undefined) {
      this.options = { secureContext: contextOf(credentials) };
      return;
    }
    const { identity, key: shared } = psk;
    checkSharedKey(identity, shared);
    this.options = {
      secureContext: contextOf({ ...credentials, ciphers: PSK_CIPHERS }),
      pskCallback: () => ({ psk: shared, identity }),
      // The key tells who the server is; without a certificate there is no name to check.
      checkServerIdentity: () => undefined,
    };
  }

  /** Begins TLS on a socket that is read by nobody any more. Rejects with an NbdError `ERR_NBD_TLS` when it fails. */
  secure(socket: Socket, host = 'localhost'): Promise<TLSSocket> {
    const name = this.serverName ?? host;
    // An address is looked for in the certificate, too, but must not be asked for by name.
    const servername = isIP(name) === 0 ? { servername: name } : {};
    return new Promise((resolve, reject) => {
      const secure = connect({ ...this.options, socket, host: name, ...servername });
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
}
