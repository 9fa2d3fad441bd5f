import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlockDevice } from '../../lib/io/device.js';
import { NbdServer, type NbdServerOptions } from '../../lib/nbd/server.js';

/** Servers on Unix sockets in a folder of their own, for one spec file; all are gone when it is through. */
export function servers(): {
  serve: (given: BlockDevice | NbdServerOptions) => Promise<{ server: NbdServer; uri: string; path: string }>;
  newPath: () => string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'wakechain-nbd-'));
  const running: NbdServer[] = [];
  let count = 0;
  after(async () => {
    await Promise.all(running.map((server) => server.close({ graceMs: 0 })));
    rmSync(folder, { recursive: true });
  });
  const newPath = (): string => join(folder, `${String(count++)}.sock`);
  return {
    newPath,
    serve: async (given) => {
      const server = new NbdServer('exports' in given ? given : { exports: { '': { device: given } } });
      running.push(server);
      const path = newPath();
      return { server, uri: await server.listen({ path }), path };
    },
  };
}

/** Hexadecimal, with blanks anywhere, as bytes. */
export function hex(words: string): Buffer {
  return Buffer.from(words.replaceAll(/[^0-9a-f]/g, ''), 'hex');
}

/** Says something to a server, and answers all that it says until it hangs up, in hexadecimal. */
export function exchange(path: string, words: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A server may hang up before it has heard all.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(Buffer.concat(chunks).toString('hex'));
    });
    socket.write(hex(words));
  });
}

/** What a transcript says, one message a line, as {@link exchange} answers it. */
export function said(...messages: string[]): string {
  return messages.join('').replaceAll(/[^0-9a-f]/g, '');
}
