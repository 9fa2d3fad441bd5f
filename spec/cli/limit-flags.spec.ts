import { Command } from 'commander';
import { expect } from 'chai';
import { limitsFrom, withLimitFlags } from '../../lib/cli/limit-flags.js';
import { DEFAULT_LIMITS } from '../../lib/nbd/limits.js';

describe('withLimitFlags', () => {
  const command = (): Command => withLimitFlags(new Command('it')).exitOverride().configureOutput({ writeErr: () => undefined }); // prettier-ignore
  const limitsOf = (line: string): unknown => limitsFrom(command().parse(line.split(' '), { from: 'user' }).opts());

  it('has an option for each limit, which tells its default', () => {
    const { options } = command();
    expect(options.length).to.equal(Object.keys(DEFAULT_LIMITS).length);
    for (const { description } of options) expect(description).to.match(/ \(default: \S.*\)$/);
  });

  it('takes bytes, numbers and times, and leaves out what was not given', () => {
    const line = '--max-request-size 1M --max-connection-bytes 2M --max-total-bytes 3M --max-connection-requests 4 --max-connections 5 --max-option-size 8K --max-options 6 --handshake-time 7s --stall-time 800ms'; // prettier-ignore
    expect(limitsOf(line)).to.deep.equal({
      requestBytes: 1 << 20,
      connectionBytes: 2 << 20,
      totalBytes: 3 << 20,
      connectionRequests: 4,
      connections: 5,
      optionBytes: 8192,
      options: 6,
      handshakeMs: 7000,
      stallMs: 800,
    });
    expect(limitsFrom({ port: 1 })).to.deep.equal({});
  });

  it('refuses what is out of range, or contradicts another, by the names of the options (I6)', () => {
    for (const [line, says] of [
      ['--max-request-size 4K', '--max-request-size must be a whole number from 65536 to'],
      [
        '--max-request-size 128M',
        '--max-request-size must not pass what one connection may have in flight, 67108864, got 134217728',
      ],
      [
        '--max-connection-bytes 1G',
        '--max-connection-bytes must not pass what all connections together may have in flight, 268435456, got 1073741824',
      ],
    ] as const) {
      expect(() => limitsOf(line))
        .to.throw(says)
        .with.property('code', 'ERR_CALL');
    }
    for (const line of ['--max-connections 0', '--handshake-time 10', '--max-total-bytes x']) {
      expect(() => limitsOf(line), line).to.throw(/is invalid/);
    }
  });
});
