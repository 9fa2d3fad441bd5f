import type { Strategy } from '../../lib/io/io.js';
import type { IoError } from '../../lib/io/io-error.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool, type PageVector } from '../../lib/io/pages.js';
import { Parity, type ParityCreateOptions } from '../../lib/layers/parity.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

export const BLOCK = 512;
/** Where data begins on a member: behind two copies of a superblock. */
export const DATA_START = 8192;

/** Lets promises and completions go on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Disks of `blocks` blocks of data each, which answer at once. */
export function someDisks(count: number, blocks: number, strategy?: Strategy): FaultyDevice[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `disk ${String(i)}`;
    const size = DATA_START + blocks * BLOCK;
    return new FaultyDevice({ size, name, inline: true, ...(strategy === undefined ? {} : { strategy }) });
  });
}

/** The same disk in a machine that was switched on again. */
export function copyOf(disk: FaultyDevice): FaultyDevice {
  const copy = new FaultyDevice({ size: disk.size, name: `${disk.name} again`, inline: true, strategy: disk.strategy });
  copy.contents.set(disk.contents);
  return copy;
}

/** Lets all disks answer, until nothing comes any more. */
export async function answerAll(disks: readonly FaultyDevice[]): Promise<void> {
  for (let idle = 0; idle < 3; idle++) {
    if (disks.some(({ pending }) => pending.length > 0)) idle = 0;
    for (const disk of disks) disk.answerAll();
    await turn();
  }
}

/** The first byte of the members' stripes where they do not sum up to zero, or -1. */
export function wrongParityAt(
  disks: readonly { contents: Uint8Array }[],
  end: number = Math.min(...disks.map(({ contents }) => contents.length)),
): number {
  const sum = new Uint8Array(end - DATA_START);
  for (const { contents } of disks) {
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) ^ (contents[DATA_START + at] ?? 0);
  }
  const at = sum.findIndex((byte) => byte !== 0);
  return at < 0 ? -1 : DATA_START + at;
}

/** An array of small disks, with pages to read and write with. */
export class Kit {
  readonly pool: PagePool = new PagePool({ maxBytes: 1 << 22 });
  readonly disks: FaultyDevice[];
  readonly parity: Parity;
  private readonly pages: PageVector;

  private constructor(disks: FaultyDevice[], parity: Parity, pool: PagePool) {
    this.disks = disks;
    this.parity = parity;
    this.pool = pool;
    this.pages = pool.allocate(parity.size);
  }

  /** Chunks of two blocks, five stripes, a region of two stripes, unless told otherwise. */
  static async make(count: number, strategy?: Strategy, options: Partial<ParityCreateOptions> = {}): Promise<Kit> {
    const pool = new PagePool({ maxBytes: 1 << 22 });
    const disks = someDisks(count, 10, strategy);
    const layout = { chunk: 2 * BLOCK, regionSize: 4 * BLOCK, assumeClean: true, pool, ...options };
    return new Kit(disks, await Parity.create(disks, layout), pool);
  }

  /** Fills blocks with a number. */
  write(block: number, blocks: number, value: number, options: { fua?: boolean } = {}): IoRequest {
    const pages = this.pool.allocate(blocks * BLOCK);
    pages.set(new Uint8Array(blocks * BLOCK).fill(value));
    const request = this.parity.write(pages.range(0, blocks * BLOCK), { position: block * BLOCK, ...options });
    request.notify(() => pages.free());
    return request;
  }

  /** The numbers that blocks are filled with, -1 for a block that is mixed. */
  async read(block = 0, blocks: number = this.parity.size / BLOCK): Promise<number[]> {
    await this.parity.read(this.pages.range(0, blocks * BLOCK), { position: block * BLOCK });
    return valuesOf(this.pages.bytes(0, blocks * BLOCK));
  }

  /** All disks wait for the test. */
  hold(): void {
    for (const disk of this.disks) disk.inline = false;
  }

  release(): Promise<void> {
    for (const disk of this.disks) disk.inline = true;
    return answerAll(this.disks);
  }

  clearLogs(): void {
    for (const disk of this.disks) disk.log.length = 0;
  }

  /** What has reached the disks since, without superblocks: blocks from the start of the data. */
  get logs(): string[][] {
    return this.disks.map(({ log }) =>
      log.flatMap((line) => {
        const [operation, place] = line.split(' ');
        const [position, length] = (place ?? '').split('+').map(Number) as [number, number];
        if (operation === 'flush') return ['flush'];
        if (position < DATA_START) return [];
        return [`${String(operation)} ${String((position - DATA_START) / BLOCK)}+${String(length / BLOCK)}`];
      }),
    );
  }
}

export function valuesOf(bytes: Uint8Array): number[] {
  return Array.from({ length: bytes.length / BLOCK }, (_, i) => {
    const block = bytes.subarray(i * BLOCK, (i + 1) * BLOCK);
    return block.every((byte) => byte === block[0]) ? (block[0] as number) : -1;
  });
}

/** How a request ended: state, code, and the blocks that succeeded. */
export function outcomeOf(request: IoRequest): [string, string, string[]] {
  if (request.state === 'done') return ['done', '', [`0+${String(request.value / BLOCK)}`]];
  if (!request.settled) return [request.state, '', []];
  const { code, succeeded } = request.error as IoError;
  return [request.state, code, succeeded.map(({ offset, length }) => `${String(offset / BLOCK)}+${String(length / BLOCK)}`)]; // prettier-ignore
}

/** The code that something fails with; what it failed with when that has none. */
export function codeOf(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? error,
  );
}
