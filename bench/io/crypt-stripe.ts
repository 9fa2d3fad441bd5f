import { createCipheriv, createDecipheriv } from 'node:crypto';
import { open, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Crypt, FileDevice, Stripe, type PagePool } from '../../lib/io/index.js';
import type { Disk } from './job.js';
import { temporaryDirectory } from './temporary.js';

/* AES-XTS per sector over chunks that go round three files, written out by hand. */

export const MEMBERS: number = 3;
const CHUNK = 64 * 1024;
const SECTOR = 4096;
const CIPHER = 'aes-256-xts';
const KEY = Uint8Array.from({ length: 64 }, (_, i) => (i * 37 + (i >> 5)) & 255);

const tweak = Buffer.alloc(16);

/** The sector's number, little endian. Ciphers read it at once, so that one will do for all. */
function tweakOf(position: number): Uint8Array {
  const sector = position / SECTOR;
  tweak.writeUInt32LE(sector % 2 ** 32, 0);
  tweak.writeUInt32LE(Math.floor(sector / 2 ** 32), 4);
  return tweak;
}

/** Encrypts the sectors of `from` into `to`; `position` is that of the first on the disk. */
export function encrypt(from: Uint8Array, to: Uint8Array, position: number): void {
  for (let at = 0; at < from.length; at += SECTOR) {
    to.set(createCipheriv(CIPHER, KEY, tweakOf(position + at)).update(from.subarray(at, at + SECTOR)), at);
  }
}

/** Decrypts sectors where they are. */
export function decrypt(sectors: Uint8Array, position: number): void {
  for (let at = 0; at < sectors.length; at += SECTOR) {
    const sector = sectors.subarray(at, at + SECTOR);
    sector.set(createDecipheriv(CIPHER, KEY, tweakOf(position + at)).update(sector));
  }
}

/** A part of a request, on one member. */
interface Piece {
  readonly member: number;
  /** On the member. */
  readonly position: number;
  /** In the request. */
  readonly offset: number;
  readonly length: number;
}

/** Where each part of a request is. */
export function piecesOf(position: number, size: number): Piece[] {
  const pieces: Piece[] = [];
  for (let offset = 0; offset < size;) {
    const chunk = Math.floor((position + offset) / CHUNK);
    const within = (position + offset) % CHUNK;
    const length = Math.min(CHUNK - within, size - offset);
    pieces.push({
      member: chunk % MEMBERS,
      position: Math.floor(chunk / MEMBERS) * CHUNK + within,
      offset,
      length,
    });
    offset += length;
  }
  return pieces;
}

/** Three files, and what they hold as a disk. */
export class Members implements Disk {
  readonly paths: readonly string[];
  private readonly total: number;

  private constructor(paths: readonly string[], total: number) {
    this.paths = paths;
    this.total = total;
  }

  /** @param total bytes, whole stripes */
  static async make(total: number): Promise<Members> {
    const directory = temporaryDirectory();
    const paths = Array.from({ length: MEMBERS }, (_, i) => join(directory, `member-${String(i)}`));
    for (const path of paths) await writeFile(path, new Uint8Array(total / MEMBERS));
    return new Members(paths, total);
  }

  async fill(content: Uint8Array): Promise<void> {
    const files = this.paths.map(() => new Uint8Array(this.total / MEMBERS));
    for (const { member, position, offset, length } of piecesOf(0, this.total)) {
      encrypt(content.subarray(offset, offset + length), files[member]!.subarray(position, position + length), offset);
    }
    // In place: contenders have them open.
    for (const [i, path] of this.paths.entries()) await writeFile(path, files[i]!, { flag: 'r+' });
  }

  async content(): Promise<Uint8Array> {
    const files = await Promise.all(this.paths.map((path) => readFile(path)));
    const content = new Uint8Array(this.total);
    for (const { member, position, offset, length } of piecesOf(0, this.total)) {
      content.set(files[member]!.subarray(position, position + length), offset);
    }
    decrypt(content, 0);
    return content;
  }

  open(): Promise<FileHandle[]> {
    return Promise.all(this.paths.map((path) => open(path, 'r+')));
  }

  /** The same three files under the same chunks and cipher, as devices and layers. */
  async stack(pool: PagePool): Promise<Crypt> {
    const files: FileDevice[] = [];
    for (const path of this.paths) files.push(await FileDevice.open(path));
    return new Crypt(new Stripe(files, { chunk: CHUNK }), { key: KEY, pool });
  }
}
