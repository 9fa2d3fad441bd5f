import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { OptionError } from '../io/option-error.js';

/** What somebody is known by within TLS, and whom it believes; all PEM. */
interface Credentials {
  readonly ca?: string | Uint8Array | undefined;
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
}

/** The most that OpenSSL takes. */
const MOST_KEY_BYTES = 512;
const MOST_IDENTITY_BYTES = 256;

const CERTIFICATES = /-----BEGIN ([A-Z0-9]+ )?CERTIFICATE-----.*?-----END \1?CERTIFICATE-----/gs;

/**
 * Certificates and a key as Node wants them. Each is looked at, as Node takes certificates that it cannot read for none.
 * @throws OptionError `ERR_TLS` that names the one which cannot be used, and never says what is in it
 */
export function credentialsOf({ ca, cert, key }: Credentials): SecureContextOptions {
  if ((cert === undefined) !== (key === undefined)) {
    throw refusal(cert === undefined ? 'cert' : 'key', 'is missing: a certificate and its key go together');
  }
  const options: SecureContextOptions = {};
  if (ca !== undefined) {
    options.ca = pem('ca', ca);
    certificatesIn('ca', options.ca);
  }
  if (cert === undefined || key === undefined) return options;
  options.cert = pem('cert', cert);
  options.key = pem('key', key);
  const [own] = certificatesIn('cert', options.cert);
  if (own?.checkPrivateKey(privateKey(options.key)) !== true) throw refusal('key', 'is not that of the certificate');
  return options;
}

/** @throws OptionError `ERR_TLS` for what OpenSSL does not take, such as a key that is too short */
export function contextOf(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new OptionError('ERR_TLS', 'tls', `cannot be used: ${reasonOf(error)}`);
  }
}

/** @throws OptionError `ERR_TLS` for a pre-shared key, or the name of one, that cannot be used */
export function checkSharedKey(identity: string, key: Uint8Array): void {
  const fault = identityFault(identity) ?? keyFault(key);
  if (fault !== null) throw refusal('psk', fault);
}

/** Whether a pre-shared key can be used. */
export function isSharedKey(key: Uint8Array): boolean {
  return keyFault(key) === null;
}

function identityFault(identity: unknown): string | null {
  const bytes = typeof identity === 'string' && !identity.includes('\0') ? Buffer.byteLength(identity) : 0;
  if (bytes > 0 && bytes <= MOST_IDENTITY_BYTES) return null;
  return `must be known by a name of 1 to ${String(MOST_IDENTITY_BYTES)} bytes without NUL`;
}

function keyFault(key: unknown): string | null {
  const bytes = key instanceof Uint8Array ? key.length : 0;
  if (bytes > 0 && bytes <= MOST_KEY_BYTES) return null;
  return `must be a Uint8Array of 1 to ${String(MOST_KEY_BYTES)} bytes`;
}

function pem(option: string, given: unknown): string {
  if (typeof given === 'string') return given;
  if (given instanceof Uint8Array) return Buffer.from(given).toString('latin1');
  throw refusal(option, 'must be PEM, as a string or its bytes');
}

function certificatesIn(option: string, text: string): X509Certificate[] {
  const found = text.match(CERTIFICATES) ?? [];
  if (found.length === 0) throw refusal(option, 'holds no certificate in PEM');
  return found.map((each) => {
    try {
      return new X509Certificate(each);
    } catch (error) {
      throw refusal(option, `holds a certificate that is none: ${reasonOf(error)}`);
    }
  });
}

function privateKey(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw refusal(
      'key',
      text.includes('ENCRYPTED') ? 'is encrypted: decrypt it' : `is no private key in PEM: ${reasonOf(error)}`,
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refusal(option: string, why: string): OptionError {
  return new OptionError('ERR_TLS', `tls.${option}`, why);
}
