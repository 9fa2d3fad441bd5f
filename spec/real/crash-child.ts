/*
 * The process that is killed: writes at random through a stack on files, and says what it does in lines on its standard
 * output, which outlive it. What may have happened is said before it can, what is promised after it has:
 *
 *   open               the stack is being made or opened
 *   ready G [G …]      it is; the generation of each member that has a superblock
 *   s ID BLOCK COUNT F a write of COUNT blocks is about to be submitted, with fua if F is 1
 *   z ID BLOCK COUNT F the same, of zeroes
 *   d ID               it was acknowledged
 *   F ID, f ID         a flush is about to be submitted, was acknowledged
 *   ! TEXT             something that must not happen
 */
import { writeSync } from 'node:fs';
import { FileDevice } from '../../lib/devices/file.js';
import type { BlockDevice } from '../../lib/io/device.js';
import type { IoRequest } from '../../lib/io/io-request.js';
import { PagePool } from '../../lib/io/pages.js';
import { readSuperblock } from '../../lib/layers/superblock.js';
import { Random } from '../conformance/random.js';
import { designs } from '../conformance/strategies.js';
import { crashStacks } from './crash-stacks.js';
import { BLOCK, stamp } from './stamps.js';

/** What it is told on its command line, as JSON. */
export interface CrashTask {
  readonly stack: string;
  readonly design: string;
  readonly paths: readonly string[];
  readonly create: boolean;
  readonly seed: number;
  /** Of its first write. */
  readonly firstId: number;
}

const task = JSON.parse(process.argv[2] ?? '') as CrashTask;
const random = new Random(task.seed);
const pool = new PagePool({ maxBytes: 1 << 24 });
const inFlight = new Set<IoRequest>();
const taken = new Set<number>();
const depth = 1 + random.below(12);
let id = task.firstId;

/** The whole line at once, so that no kill cuts it; when nobody reads any more, the process ends with this. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function open(): Promise<BlockDevice> {
  const stack = crashStacks.find(({ name }) => name === task.stack);
  const strategy = designs.find((each) => each.strategy.name === task.design)?.strategy;
  if (stack === undefined || strategy === undefined) throw new Error(`No stack ${task.stack}, or no ${task.design}`);
  const size = task.create ? { size: stack.fileSize } : {};
  const files: BlockDevice[] = [];
  for (const path of task.paths) files.push(await FileDevice.open(path, { ...size, strategy }));
  say('open');
  const top = await stack.build(files, pool, task.create);
  const generations = [];
  for (const file of stack.members === undefined ? [] : files) {
    generations.push((await readSuperblock(file, pool))?.generation);
  }
  say(`ready ${generations.join(' ')}`);
  return top;
}

function submit(top: BlockDevice): void {
  if (random.chance(8)) {
    const flush = ++id;
    say(`F ${String(flush)}`);
    track(top.flush(), `f ${String(flush)}`, () => undefined);
    return;
  }
  // Often whole lines of a cache, which it keeps to itself.
  const unit = random.chance(40) ? 4096 / BLOCK : top.blockSize / BLOCK;
  const units = Math.floor(top.size / BLOCK / unit);
  const first = random.below(units) * unit;
  const count = Math.min((1 + random.below(unit === 1 ? 12 : 3)) * unit, units * unit - first);
  const blocks = Array.from({ length: count }, (_, i) => first + i);
  if (blocks.some((block) => taken.has(block))) return;
  const write = ++id;
  const fua = random.chance(10);
  const zeroes = random.chance(10) && top.operations.includes('writeZeroes');
  const options = { position: first * BLOCK, fua };
  for (const block of blocks) taken.add(block);
  say(`${zeroes ? 'z' : 's'} ${[write, first, count, Number(fua)].join(' ')}`);
  const release = (): void => {
    for (const block of blocks) taken.delete(block);
  };
  if (zeroes) {
    track(top.writeZeroes(count * BLOCK, options), `d ${String(write)}`, release);
    return;
  }
  const pages = pool.allocate(count * BLOCK);
  for (const [i, block] of blocks.entries()) pages.set(stamp(write, block), i * BLOCK);
  track(top.write(pages.range(0, count * BLOCK), options), `d ${String(write)}`, () => {
    release();
    pages.free();
  });
}

function track(request: IoRequest, acknowledgement: string, settled: () => void): void {
  inFlight.add(request);
  request.notify(({ state }) => {
    inFlight.delete(request);
    settled();
    if (state === 'done' && request.value === request.length) say(acknowledgement);
    else if (state !== 'cancelled') say(`! ${request.operation} is ${state}: ${String(request.error)}`);
  });
  if (random.chance(5)) request.cancel('the load takes it back');
}

const top = await open();
// Until it is killed.
for (;;) {
  for (let tries = 0; inFlight.size < depth && tries < depth; tries++) submit(top);
  await new Promise((resolve) => setImmediate(resolve));
}
