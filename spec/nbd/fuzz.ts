import { connect } from 'node:net';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { writeExportQuestion, writeMetaQuestion, writeOption } from '../../lib/nbd/options.js';
import { EXTENDED_REQUEST_BYTES, writeRequest } from '../../lib/nbd/requests.js';
import { NbdServer } from '../../lib/nbd/server.js';
import * as wire from '../../lib/nbd/wire.js';
import { Random } from '../conformance/random.js';

const SIZE = 1 << 20;

/** Refuses a line that tells of a defect. */
export function checkLine(line: string): void {
  if (line.includes('a defect')) throw new Error(line);
}

/** A server for fuzzing, with small limits so that they are met, and short times. */
export function fuzzedServer(log: (line: string) => void): NbdServer {
  const device = new MemoryDevice({ size: SIZE });
  const limits = {
    requestBytes: 65536,
    connectionBytes: 131_072,
    totalBytes: 262_144,
    handshakeMs: 2000,
    stallMs: 2000,
  };
  return new NbdServer({ exports: { '': { device }, ro: { device, readOnly: true } }, limits, log });
}

/** One client that says what a seed makes of it, and goes. Resolves when the server, or it, has hung up. */
export function fuzzOnce(path: string, seed: number): Promise<void> {
  const random = new Random(seed);
  const words = mangled(random, conversation(random));
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve();
    });
    const reads = random.below(8) > 0;
    if (reads) socket.resume();
    let at = 0;
    const next = (): void => {
      if (socket.destroyed) return;
      if (at >= words.length) {
        // Some leave at once; most wait until the server has seen that there is no more.
        if (!reads || random.below(8) === 0) socket.destroy();
        else socket.end();
        return;
      }
      const size = 1 + random.below(random.below(3) === 0 ? 20 : words.length);
      socket.write(words.subarray(at, at + size));
      at += size;
      setImmediate(next);
    };
    next();
  });
}

function conversation(random: Random): Uint8Array {
  const parts: Uint8Array[] = [Buffer.of(0, 0, 0, random.below(4))];
  for (let i = random.below(5); i > 0; i--) parts.push(option(random));
  const extended = random.below(3) === 0;
  if (extended) parts.push(writeOption(wire.OPT_EXTENDED_HEADERS, Buffer.alloc(0)));
  const name = random.below(3) === 0 ? 'ro' : '';
  parts.push(writeOption(wire.OPT_GO, writeExportQuestion({ name, infos: [wire.INFO_BLOCK_SIZE] })));
  for (let i = random.below(30); i > 0; i--) parts.push(...request(random, extended));
  return Buffer.concat(parts);
}

function option(random: Random): Uint8Array {
  const number = random.below(13);
  const meta = { name: '', queries: ['base:allocation', 'x'] };
  const data = [Buffer.alloc(0), Buffer.alloc(random.below(40), random.below(256)), writeMetaQuestion(meta)];
  return writeOption(number, data[random.below(3)] ?? Buffer.alloc(0));
}

function request(random: Random, extended: boolean): Uint8Array[] {
  const type = random.below(random.below(5) === 0 ? 0x10000 : 9);
  const far = random.below(8) === 0;
  const position = far ? random.below(2 ** 32) * 2 ** random.below(32) : random.below(SIZE);
  const length = random.below(random.below(6) === 0 ? 2 ** 32 : 40_000);
  const announced = extended && type === wire.CMD_WRITE ? wire.CMD_FLAG_PAYLOAD_LEN : 0;
  const flags = (random.below(4) === 0 ? random.below(0x10000) : 0) | announced;
  const bytes = Buffer.alloc(EXTENDED_REQUEST_BYTES);
  const header = { flags, type, cookieHigh: random.below(2 ** 32), cookieLow: random.below(9), position, length };
  const head = bytes.subarray(0, writeRequest(bytes, 0, extended, header));
  return type === wire.CMD_WRITE && length <= 65536 ? [head, Buffer.alloc(length, length)] : [head];
}

/** The same with some bytes changed, left out, or put in, most often none. */
export function mangled(random: Random, words: Uint8Array): Uint8Array {
  let result = words;
  for (let i = random.below(3) === 0 ? random.below(6) : 0; i > 0 && result.length > 0; i--) {
    const at = random.below(result.length);
    const kind = random.below(3);
    if (kind === 0) result[at] = random.below(256);
    else if (kind === 1) result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + random.below(30))]);
    else result = Buffer.concat([result.subarray(0, at), Buffer.alloc(random.below(30), 0xff), result.subarray(at)]);
  }
  return result;
}
