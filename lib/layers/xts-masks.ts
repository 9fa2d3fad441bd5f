/** Bytes that are encrypted as one unit: a tweak has to be encrypted for each, so units are as large as a page. */
export const SECTOR_SIZE = 4096;

/** Sectors at a time, at most: 64 KiB are still in the cache when they are masked again. A multiple of {@link WAYS}. */
export const MOST_SECTORS = 16;

/** A block of the cipher, its mask, and a tweak. */
export const BLOCK_BYTES = 16;

/** Sectors that are masked side by side: each mask follows from the one before, which takes longer than it is work. */
const WAYS = 4;

/**
 * What XTS does besides ciphering (IEEE 1619): each block is XORed with its mask before the cipher and after. A sector's
 * first mask is its encrypted tweak, each other the one before times x in GF(2^128).
 */
export interface Masks {
  /** Where up to {@link MOST_SECTORS} sectors are masked. */
  readonly sectors: Uint8Array;
  /** Their encrypted tweaks, little endian. */
  readonly tweaks: Uint8Array;
  /** XORs the masks into so many sectors, or up to the next multiple of four: 0.7 µs for four. */
  apply(sectors: number): void;
}

/** Of WebAssembly what is used here. It is in the libraries of browsers only that the compiler knows. */
interface Platform {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: object };
  Memory: new (limits: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
}

let ofThread: Masks | null | undefined;

/**
 * The masks of this thread, for all who use them, one after the other: memory of WebAssembly takes 10 GiB of addresses.
 * Null where there is no WebAssembly with vectors (`--jitless`), or no such room (`ulimit -v`).
 */
export function masksOfThread(): Masks | null {
  if (ofThread === undefined) {
    try {
      ofThread = makeMasks((globalThis as unknown as { WebAssembly: Platform }).WebAssembly);
    } catch {
      ofThread = null;
    }
  }
  return ofThread;
}

function makeMasks({ Module, Instance, Memory }: Platform): Masks {
  const memory = new Memory({ initial: 2, maximum: 2 });
  const { exports } = new Instance(new Module(moduleBytes()), { '': { '': memory } });
  const { mask } = exports as { mask: (at: number, tweaksAt: number, times: number) => void };
  const bytes = MOST_SECTORS * SECTOR_SIZE;
  return {
    sectors: new Uint8Array(memory.buffer, 0, bytes),
    tweaks: new Uint8Array(memory.buffer, bytes, MOST_SECTORS * BLOCK_BYTES),
    apply: (sectors) => {
      mask(0, bytes, Math.ceil(sectors / WAYS));
    },
  };
}

/*
 * The module, as the binary format of WebAssembly has it (WebAssembly Core Specification 2.0, chapter 5): one function,
 *
 *   mask(at, tweaksAt, times):
 *     do
 *       for each way: mask[way] = tweaks[tweaksAt + 16 * way]
 *       for 256 blocks
 *         for each way: block[at + 4096 * way] ^= mask[way]; mask[way] = mask[way] * x
 *         at += 16
 *       at += 3 * 4096; tweaksAt += 4 * 16
 *     while --times > 0
 */

const I32 = 0x7f;
const V128 = 0x7b;
const NO_RESULT = 0x40;
const END = 0x0b;

/** Parameters and locals. */
const AT = 0;
const TWEAKS_AT = 1;
const TIMES = 2;
const BLOCKS = 3;
const REDUCTION = 4;
const CARRIES = 5;
const MASK = 6;

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
const i32 = (value: number): number[] => [0x41, ...signed(value)];
const vector = (instruction: number, ...rest: number[]): number[] => [0xfd, ...unsigned(instruction), ...rest];
const load = (offset: number): number[] => vector(0x00, 0, ...unsigned(offset));
const store = (offset: number): number[] => vector(0x0b, 0, ...unsigned(offset));
const lanes = (bytes: readonly number[]): number[] => vector(0x0d, ...bytes);
const constant = (bytes: readonly number[]): number[] => vector(0x0c, ...bytes);
const AND = vector(0x4e);
const XOR = vector(0x51);
const SHIFT_RIGHT_OF_32 = vector(0xac);
const SHIFT_LEFT_OF_64 = vector(0xcb);

const advance = (local: number, by: number): number[] => [...get(local), ...i32(by), 0x6a, ...set(local)];

/** Runs the body as often as the local says, which ends at 0. */
const repeat = (local: number, body: readonly number[]): number[] => [
  ...[0x03, NO_RESULT, ...body],
  ...[...get(local), ...i32(1), 0x6b, ...tee(local), 0x0d, 0, END],
];

/**
 * Both halves are shifted by a bit. What falls out of the lower goes into the upper half; what falls out of that comes
 * back as x^7 + x^2 + x + 1. The sign of each 32 bits, spread over them and moved on by one lane, says what fell out.
 */
const timesX = (mask: number): number[] => [
  ...[...get(mask), ...i32(31), ...SHIFT_RIGHT_OF_32, ...tee(CARRIES)],
  ...[...get(CARRIES), ...lanes([12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), ...get(REDUCTION), ...AND],
  ...[...get(mask), ...i32(1), ...SHIFT_LEFT_OF_64, ...XOR, ...set(mask)],
];

const maskBlock = (way: number): number[] => [
  ...[...get(AT), ...get(AT), ...load(way * SECTOR_SIZE), ...get(MASK + way), ...XOR, ...store(way * SECTOR_SIZE)],
  ...timesX(MASK + way),
];

function moduleBytes(): Uint8Array {
  const ways = Array.from({ length: WAYS }, (_, way) => way);
  const code = [
    ...[...constant([0x87, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), ...set(REDUCTION)],
    ...repeat(TIMES, [
      ...ways.flatMap((way) => [...get(TWEAKS_AT), ...load(way * BLOCK_BYTES), ...set(MASK + way)]),
      ...[...i32(SECTOR_SIZE / BLOCK_BYTES), ...set(BLOCKS)],
      ...repeat(BLOCKS, [...ways.flatMap(maskBlock), ...advance(AT, BLOCK_BYTES)]),
      ...advance(AT, (WAYS - 1) * SECTOR_SIZE),
      ...advance(TWEAKS_AT, WAYS * BLOCK_BYTES),
    ]),
    END,
  ];
  const locals = list([
    [1, I32],
    [2 + WAYS, V128],
  ]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, ...list([[I32], [I32], [I32]]), 0]]),
    ...section(2, [[...name(''), ...name(''), 0x02, 1, 2, 2]]),
    ...section(3, [[0]]),
    ...section(7, [[...name('mask'), 0x00, 0]]),
    ...section(10, [sized([...locals, ...code])]),
  ]);
}

function section(number: number, entries: readonly (readonly number[])[]): number[] {
  return [number, ...sized(list(entries))];
}

function list(entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function name(text: string): number[] {
  return sized([...Buffer.from(text)]);
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** The same of a number that may be negative: the highest bit is its sign. */
function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >>> 7)];
}
