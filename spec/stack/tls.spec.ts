import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { tlsOf } from '../../lib/stack/tls.js';

describe('tlsOf', () => {
  it('reads what the files hold, of a key its hex digits', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wakechain-tls-'));
    try {
      const path = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      const files = { caFile: path('ca', 'A'), certFile: path('cert', 'B'), keyFile: path('key', 'C') };
      const tls = await tlsOf({
        ...files,
        serverName: 'disk',
        psk: { identity: 'me', keyFile: path('psk', '0aFF\n') },
      });
      expect([tls.ca, tls.cert, tls.key].map(String)).to.deep.equal(['A', 'B', 'C']);
      expect([tls.serverName, tls.psk?.identity]).to.deep.equal(['disk', 'me']);
      expect([...(tls.psk?.key ?? [])]).to.deep.equal([10, 255]);
      const wrong: unknown = await tlsOf({ psk: { identity: 'me', keyFile: path('bad', 'xyz') } }).catch(
        (e: unknown) => e,
      );
      expect(wrong).to.have.property('code', 'ERR_KEY');
      expect(await tlsOf({})).to.deep.equal({});
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
