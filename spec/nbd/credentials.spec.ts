import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { OptionError } from '../../lib/io/option-error.js';
import type { NbdClientTls } from '../../lib/nbd/client-tls.js';
import { checkSharedKey, credentialsOf } from '../../lib/nbd/credentials.js';
import { NbdDevice } from '../../lib/nbd/nbd-device.js';
import { NbdServer } from '../../lib/nbd/server.js';
import { servers } from './support.js';

const openssl = spawnSync('openssl', ['version']).error === undefined;

describe(`credentialsOf${openssl ? '' : ' (no openssl here, which makes the certificates)'}`, () => {
  const { newPath } = servers();
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'wakechain-credentials-'))));
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

  before(function () {
    if (!openssl) return this.skip();
    const run = (...args: string[]): void => {
      const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
      if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
    };
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    for (const who of ['a', 'b']) {
      run('req', '-x509', ...kind, '-keyout', `${who}.key`, '-out', `${who}.crt`, '-subj', `/CN=${who}`);
    }
    run('ec', '-in', 'a.key', '-aes256', '-passout', 'pass:secret', '-out', 'old.key');
    run('pkcs8', '-topk8', '-in', 'a.key', '-passout', 'pass:secret', '-out', 'new.key');
  });

  after(() => rmSync(folder, { recursive: true }));

  type Given = Pick<NbdClientTls, 'ca' | 'cert' | 'key'>;
  const wrong: [what: string, option: string, why: RegExp, given: () => Given][] = [
    ['a certificate without its key', 'tls.key', /is missing/, () => ({ cert: text('a.crt') })],
    ['a key without its certificate', 'tls.cert', /is missing/, () => ({ key: text('a.key') })],
    ['a CA that is no PEM', 'tls.ca', /holds no certificate/, () => ({ ca: 'garbage' })],
    ['a CA that is empty', 'tls.ca', /holds no certificate/, () => ({ ca: new Uint8Array(0) })],
    ['a CA that is a key', 'tls.ca', /holds no certificate/, () => ({ ca: text('a.key') })],
    ['a CA that is no text', 'tls.ca', /must be PEM/, () => ({ ca: 5 as never })],
    ['a CA one of which is damaged', 'tls.ca', /is none/, () => ({ ca: text('b.crt') + damaged(text('a.crt')) })],
    ['a damaged certificate', 'tls.cert', /is none/, () => ({ cert: damaged(text('a.crt')), key: text('a.key') })],
    ['a key that is no PEM', 'tls.key', /no private key/, () => ({ cert: text('a.crt'), key: 'garbage' })],
    ['a key that is encrypted', 'tls.key', /encrypted/, () => ({ cert: text('a.crt'), key: text('new.key') })],
    ['a key encrypted in the old way', 'tls.key', /encrypted/, () => ({ cert: text('a.crt'), key: text('old.key') })],
    ['the key of another', 'tls.key', /not that of/, () => ({ cert: text('a.crt'), key: text('b.key') })],
  ];
  for (const [what, option, why, given] of wrong) {
    it(`refuses ${what}, before anybody is dialled (I6)`, async () => {
      expect(() => credentialsOf(given()))
        .to.throw(OptionError, why)
        .with.include({ code: 'ERR_TLS', option });
      const path = newPath();
      let dialled = 0;
      const server = createServer(() => dialled++).listen(path);
      const failed: unknown = await NbdDevice.open({ path, tls: true }, { tls: given() }).catch((e: unknown) => e);
      expect(failed).to.be.instanceOf(OptionError).with.property('option', option);
      expect(dialled).to.equal(0);
      await new Promise((resolve) => server.close(resolve));
    });
  }

  it('refuses the same where it is to be served with (I6)', () => {
    const exports = { '': { device: new MemoryDevice({ size: 8192 }) } };
    const own = { cert: text('a.crt'), key: text('a.key') };
    expect(() => new NbdServer({ exports, tls: { ...own, ca: 'garbage' } }))
      .to.throw(OptionError)
      .with.property('option', 'tls.ca');
    expect(() => new NbdServer({ exports, tls: { cert: own.cert } }))
      .to.throw(OptionError)
      .with.property('option', 'tls.key');
  });

  it('takes several authorities in one, and bytes as well as text', () => {
    const ca = text('a.crt') + text('b.crt');
    expect(credentialsOf({ ca: Buffer.from(ca), cert: text('a.crt'), key: Buffer.from(text('a.key')) })).to.deep.equal({
      ca,
      cert: text('a.crt'),
      key: text('a.key'),
    });
    expect(credentialsOf({})).to.deep.equal({});
  });
});

describe('checkSharedKey', () => {
  const key = Buffer.alloc(16, 0x5a);
  const wrong: [what: string, why: RegExp, identity: string, key: Uint8Array][] = [
    ['no name', /1 to 256 bytes/, '', key],
    ['a name that is too long', /1 to 256 bytes/, 'x'.repeat(257), key],
    ['a name that would be cut off', /without NUL/, 'a\0b', key],
    ['no key', /1 to 512 bytes/, 'me', Buffer.alloc(0)],
    ['a key that is too long', /1 to 512 bytes/, 'me', Buffer.alloc(513, 0x5a)],
    ['a key that is text', /must be a Uint8Array/, 'me', 'ZZZZ' as never],
  ];
  for (const [what, why, identity, given] of wrong) {
    it(`refuses ${what}, and does not tell it (I6, P5)`, () => {
      const message = (make: () => unknown): string => {
        try {
          make();
        } catch (error) {
          expect(error).to.be.instanceOf(OptionError).with.include({ code: 'ERR_TLS', option: 'tls.psk' });
          return (error as Error).message;
        }
        return 'not refused';
      };
      const exports = { '': { device: new MemoryDevice({ size: 8192 }) } };
      for (const told of [
        message(() => {
          checkSharedKey(identity, given);
        }),
        message(() => new NbdServer({ exports, tls: { psk: new Map([[identity, given]]) } })),
      ]) {
        expect(told).to.match(why).and.not.match(/ZZ|5a/);
      }
    });
  }

  it('takes as much as there may be', () => {
    checkSharedKey('x'.repeat(256), new Uint8Array(512));
    checkSharedKey('ü', new Uint8Array(1));
  });
});

/** The same PEM, with something else in it. */
function damaged(pem: string): string {
  return pem.replace(/(-----\n.{8}).{8}/, '$1AAAAAAAA');
}
