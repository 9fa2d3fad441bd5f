import { expect } from 'chai';
import fc from 'fast-check';
import { seed } from '../conformance/random.js';
import { addressOf, formatNbdUri, parseNbdUri, type NbdAddress } from '../../lib/nbd/uri.js';
import { socketPathFault } from '../../lib/nbd/unix-socket.js';
import { ArgumentError, ArgumentRangeError } from '../../lib/wait/errors.js';

const known: [uri: string, address: NbdAddress][] = [
  ['nbd://example.com/', { host: 'example.com', port: 10809, name: '', tls: false }],
  ['nbd://example.com', { host: 'example.com', port: 10809, name: '', tls: false }],
  ['nbds://10.0.0.1:99/a/b', { host: '10.0.0.1', port: 99, name: 'a/b', tls: true }],
  ['nbd://[::1]:10809/x', { host: '::1', port: 10809, name: 'x', tls: false }],
  ['nbd+unix:///?socket=/tmp/s', { path: '/tmp/s', name: '', tls: false }],
  ['nbds+unix:///a%20b?socket=/tmp/a%20s', { path: '/tmp/a s', name: 'a b', tls: true }],
];

describe('parseNbdUri', () => {
  for (const [uri, address] of known) {
    it(`reads ${uri}`, () => {
      expect(parseNbdUri(uri)).to.deep.equal(address);
      expect(parseNbdUri(formatNbdUri(address))).to.deep.equal(address);
    });
  }

  it('reads what formatNbdUri has written', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, text, fc.boolean(), (name, path, tls) => {
        // A URL has no way to say that a segment is one or two dots.
        fc.pre(socketPathFault(path) === null && !/(^|\/)\.{1,2}(\/|$)/.test(name));
        expect(parseNbdUri(formatNbdUri({ path, name, tls }))).to.deep.equal({ path, name, tls });
      }),
      { seed },
    );
  });

  const wrong = [
    '',
    'x',
    'http://a/',
    'nbd+unix:///',
    'nbd+unix:///?socket=',
    'nbd:///x',
    'nbd://h/?socket=/s',
    'nbd://h/?tls-psk-file=/k',
    'nbd://h/%ff',
    `nbd+unix:///?socket=/${'x'.repeat(107)}`,
  ];
  for (const uri of wrong) {
    it(`refuses "${uri}" (I6)`, () => {
      expect(() => parseNbdUri(uri))
        .to.throw(ArgumentError)
        .with.property('code', 'ERR_NBD_URI');
    });
  }
});

describe('addressOf', () => {
  it('takes a URI, or an address as it is', () => {
    expect(addressOf('nbd://h/x')).to.deep.equal({ host: 'h', port: 10809, name: 'x', tls: false });
    const address = { path: '/s' };
    expect(addressOf(address)).to.equal(address);
  });

  it('refuses the name of an export that cannot be sent as it is (I6)', () => {
    const names = ['a\0b', 'ü'.repeat(2049), '\ud800'];
    for (const name of names) {
      expect(() => addressOf({ path: '/s', name }))
        .to.throw(ArgumentRangeError)
        .with.property('code', 'ERR_EXPORT');
    }
    expect(() => addressOf('nbd://h/a%00b')).to.throw(/the name of its export cannot be sent: it holds NUL/);
    expect(addressOf({ path: '/s', name: 'ü'.repeat(2048) }).name).to.have.lengthOf(2048);
  });

  it('refuses the path of a socket that would be cut off, or is empty (I6)', () => {
    for (const path of ['x'.repeat(200), '']) {
      expect(() => addressOf({ path }))
        .to.throw(ArgumentRangeError, 'path must be that of a Unix socket: it ')
        .with.property('code', 'ERR_SOCKET_PATH');
    }
  });
});

describe('formatNbdUri', () => {
  it('names the usual host and port, no export and no TLS, unless told otherwise', () => {
    expect(formatNbdUri({})).to.equal('nbd://localhost:10809/');
  });
});
