import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlockDevice } from '../../lib/io/device.js';
import { writeExportQuestion, writeOption } from '../../lib/nbd/options.js';
import { EXTENDED_REQUEST_BYTES, writeRequest } from '../../lib/nbd/requests.js';
import { NbdServer, type NbdServerOptions } from '../../lib/nbd/server.js';
import { INFO_BLOCK_SIZE, OPT_GO } from '../../lib/nbd/wire.js';

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

/** A client that says just what a spec tells it to, and reads as many bytes as it is told. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves when the server has hung up. */
  readonly closed: Promise<void>;
  private got = Buffer.alloc(0);
  private wake: () => void = () => undefined;
  private over = false;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on('data', (chunk: Buffer) => {
      this.got = Buffer.concat([this.got, chunk]);
      this.wake();
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.over = true;
        this.wake();
        resolve();
      });
    });
  }

  /** Goes through the handshake. @param options more of them, in front of `GO` */
  static async go(
    path: string,
    { name = '', options = [] }: { name?: string; options?: readonly number[] } = {},
  ): Promise<RawClient> {
    const client = new RawClient(path);
    await client.read(18);
    client.say('00000003');
    for (const option of options) {
      client.say(writeOption(option, Buffer.alloc(0)));
      await client.read(20);
    }
    client.say(writeOption(OPT_GO, writeExportQuestion({ name, infos: [INFO_BLOCK_SIZE] })));
    await client.read(32 + 34 + 20);
    return client;
  }

  say(words: string | Uint8Array): void {
    this.socket.write(typeof words === 'string' ? hex(words) : words);
  }

  /** Asks for something, with a cookie of its own. */
  ask(type: number, cookie: number, position: number, length: number, flags = 0, extended = false): void {
    const bytes = Buffer.alloc(EXTENDED_REQUEST_BYTES);
    const header = { flags, type, cookieHigh: 0, cookieLow: cookie, position, length };
    this.say(bytes.subarray(0, writeRequest(bytes, 0, extended, header)));
  }

  /** The next so many bytes, in hexadecimal; fewer when the server hangs up before. */
  async read(bytes: number): Promise<string> {
    while (this.got.length < bytes && !this.over) await new Promise<void>((resolve) => (this.wake = resolve));
    const taken = this.got.subarray(0, bytes);
    this.got = this.got.subarray(bytes);
    return taken.toString('hex');
  }

  /** A simple reply: its errno and its cookie. */
  async reply(): Promise<[errno: number, cookie: number]> {
    const bytes = hex(await this.read(16));
    return [bytes.readUInt32BE(4), bytes.readUInt32BE(12)];
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Lets the event loop turn until it is so. Gives up after a while, so that a spec that fails comes to its end. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 25_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`It never came to ${String(isSo)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
