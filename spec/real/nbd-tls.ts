import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from './programs.js';

/**
 * Makes, with openssl, an authority and a certificate that it has signed for `localhost`, in a folder as GnuTLS and so
 * nbdkit and libnbd expect it.
 */
export async function makeCertificates(folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await check('openssl', 'req', '-x509', ...curve, '-days', '2', '-subj', '/CN=authority', '-keyout', at('ca-key.pem'), '-out', at('ca-cert.pem')); // prettier-ignore
  await writeFile(at('extensions'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  await check('openssl', 'req', ...curve, '-subj', '/CN=localhost', '-keyout', at('server-key.pem'), '-out', at('request.pem')); // prettier-ignore
  await check('openssl', 'x509', '-req', '-days', '2', '-in', at('request.pem'), '-CA', at('ca-cert.pem'), '-CAkey', at('ca-key.pem'), '-set_serial', '1', '-extfile', at('extensions'), '-out', at('server-cert.pem')); // prettier-ignore
}
