import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
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
  // Made when it is needed: where no spec of the file is run, nothing is run after them either.
  let folder: string | null = null;
  const running: NbdServer[] = [];
  let count = 0;
  after(async () => {
    await Promise.all(running.map((server) => server.close({ graceMs: 0 })));
    if (folder !== null) rmSync(folder, { recursive: true });
  });
  const newPath = (): string => {
    folder ??= mkdtempSync(join(tmpdir(), 'wakechain-nbd-'));
    return join(folder, `${String(count++)}.sock`);
  };
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

/** A server that says what a spec tells it to. */
export interface FakeServer extends AsyncDisposable {
  /** What it was asked, of all connections: `option 7`, `command 0`. */
  readonly heard: readonly string[];
  /** Connections that have ended. */
  readonly ended: number;
  /** Says something to who came last. */
  say(words: string): void;
}

/** A reply to an option, in hexadecimal. */
export function optionReply(option: number, type: number, data = ''): string {
  const bytes = hex(data).toString('hex');
  const number = (value: number): string => value.toString(16).padStart(8, '0');
  return `0003e889045565a9 ${number(option)} ${number(type)} ${number(bytes.length / 2)} ${bytes}`;
}

/** Listens, and answers each option and each request with what it is told to say to it, in hexadecimal. */
export async function fakeServer(
  path: string,
  toOption: (option: number) => string,
  toRequest: (command: number, cookie: string) => string = () => '',
): Promise<FakeServer> {
  const heard: string[] = [];
  const sockets: Socket[] = [];
  let ended = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => ended++);
    socket.write(hex('4e42444d41474943 49484156454f5054 0003'));
    let got = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      if (!greeted && got.length >= 4) {
        greeted = true;
        got = got.subarray(4);
      }
      for (let bytes = lengthOf(got); greeted && bytes <= got.length; bytes = lengthOf(got)) {
        const isOption = got.readUInt32BE(0) === 0x49484156;
        const number = isOption ? got.readUInt32BE(8) : got.readUInt16BE(6);
        heard.push(`${isOption ? 'option' : 'command'} ${String(number)}`);
        socket.write(hex(isOption ? toOption(number) : toRequest(number, got.toString('hex', 8, 16))));
        got = got.subarray(bytes);
      }
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    heard,
    get ended() {
      return ended;
    },
    say: (words) => sockets.at(-1)?.write(hex(words)),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Bytes of the first message of a client, with its payload; infinite while that is not known. */
function lengthOf(got: Buffer): number {
  if (got.length < 28)
    return got.length >= 16 && got.readUInt32BE(0) === 0x49484156 ? 16 + got.readUInt32BE(12) : Infinity;
  if (got.readUInt32BE(0) === 0x49484156) return 16 + got.readUInt32BE(12);
  if (got.readUInt32BE(0) === 0x25609513) return 28 + (got.readUInt16BE(6) === 1 ? got.readUInt32BE(24) : 0);
  if (got.length < 32) return Infinity;
  return 32 + ((got.readUInt16BE(4) & 0x20) === 0 ? 0 : got.readUInt32BE(28));
}

/** Lets the event loop turn until it is so. Gives up after a while, so that a spec that fails comes to its end. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 25_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`It never came to ${String(isSo)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
