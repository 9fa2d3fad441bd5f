import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { FileDevice } from '../../lib/devices/file.js';
import type { BlockDevice } from '../../lib/io/device.js';
import type { Strategy } from '../../lib/io/io.js';
import { PagePool } from '../../lib/io/pages.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { Parity } from '../../lib/layers/parity.js';
import { readSuperblock, type Superblock } from '../../lib/layers/superblock.js';
import { Random } from '../conformance/random.js';
import { designs } from '../conformance/strategies.js';
import { devicesOf } from '../conformance/stacks.js';
import type { CrashTask } from './crash-child.js';
import { crashStacks, type CrashStack } from './crash-stacks.js';
import { BLOCK, readIds, stamp } from './stamps.js';

/*
 * A process that writes through a stack on files is killed at a random moment, once or several times over the same
 * files, also while it opens them and repairs what the one before left. What it had said by then is all that is known:
 * a block holds the last write that was acknowledged, or one that was submitted after it.
 */

/** What happened, over all rounds. */
interface CrashToll {
  rounds: number;
  kills: number;
  writes: number;
  flushes: number;
  /** Kills while the stack was being made or opened. */
  opening: number;
  /** Kills while requests were in flight. */
  inFlight: number;
  /** Rounds after which members were marked as perhaps different. */
  marked: number;
  /** Blocks that hold a write that was not acknowledged. */
  survived: number;
  /** Blocks that hold an older write than the newest that may be there. */
  rolledBack: number;
}

export const noCrashToll = (): CrashToll => ({
  rounds: 0, kills: 0, writes: 0, flushes: 0, opening: 0, inFlight: 0, marked: 0, survived: 0, rolledBack: 0,
}); // prettier-ignore

/** The program to be killed as one file of JavaScript, which starts several times faster than its sources. */
export async function bundleCrashChild(folder: string, name = 'crash-child'): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  const entry = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20' });
  return outfile;
}

interface Write {
  readonly id: number;
  /** What its blocks hold: its number, or 0 for zeroes. */
  readonly value: number;
  readonly first: number;
  readonly count: number;
  readonly fua: boolean;
  acknowledged: boolean;
}

const BLANK: Write = { id: 0, value: 0, first: 0, count: 0, fua: false, acknowledged: true };

/** What each block may hold, from what the killed processes have said. */
class Testimony {
  /** Oldest first; the first one is certain. */
  readonly candidates: (Write[] | undefined)[] = [];
  readonly writes: Map<number, Write> = new Map();
  generations: string | null = null;
  lastId = 0;
  /** Whether the process has said that it is opening, and that it is ready. */
  opening = false;
  ready = false;
  private readonly volatile: boolean;
  private readonly toll: CrashToll;
  private readonly flushes = new Map<number, (Write | undefined)[]>();
  private readonly open = new Set<number>();

  constructor(stack: CrashStack, toll: CrashToll) {
    this.volatile = stack.volatile === true;
    this.toll = toll;
  }

  get inFlight(): boolean {
    return this.open.size > 0;
  }

  /** Another process takes over: what was in flight, or only in memory, has been lost or not, and no flush saves it. */
  begin(): void {
    for (const writes of this.candidates) for (const write of writes?.slice(1) ?? []) write.acknowledged = false;
    this.open.clear();
    this.flushes.clear();
    this.opening = this.ready = false;
  }

  hear(line: string): void {
    const [word = '', ...rest] = line.split(' ');
    const [id = 0, first = 0, count = 0, fua = 0] = rest.map(Number);
    if (word === 'open') this.opening = true;
    else if (word === 'ready') {
      this.ready = true;
      this.generations ??= rest.join(' ');
      if (rest.join(' ') !== this.generations)
        throw new Error(`generations ${rest.join(' ')}, not ${this.generations}`);
    } else if (word === 's' || word === 'z') {
      this.submitted({ id, value: word === 's' ? id : 0, first, count, fua: fua === 1, acknowledged: false });
    } else if (word === 'd') this.acknowledged(id);
    else if (word === 'F') this.flushBegins(id);
    else if (word === 'f') this.flushed(id);
    else throw new Error(`the process said: ${line}`);
  }

  of(block: number): Write[] {
    return (this.candidates[block] ??= [BLANK]);
  }

  private submitted(write: Write): void {
    this.toll.writes++;
    this.lastId = write.id;
    this.open.add(write.id);
    this.writes.set(write.id, write);
    for (let block = write.first; block < write.first + write.count; block++) this.of(block).push(write);
  }

  private acknowledged(id: number): void {
    const write = this.writes.get(id) ?? BLANK;
    this.open.delete(id);
    write.acknowledged = true;
    if (this.volatile && !write.fua) return;
    for (let block = write.first; block < write.first + write.count; block++) this.certain(block, write);
  }

  private flushBegins(id: number): void {
    this.lastId = id;
    this.open.add(id);
    this.flushes.set(id, this.candidates.map((writes) => writes?.filter((write) => write.acknowledged).at(-1))); // prettier-ignore
  }

  private flushed(id: number): void {
    this.toll.flushes++;
    this.open.delete(id);
    for (const [block, write] of (this.flushes.get(id) ?? []).entries()) {
      if (write !== undefined) this.certain(block, write);
    }
  }

  private certain(block: number, write: Write): void {
    const writes = this.of(block);
    const at = writes.indexOf(write);
    if (at > 0) writes.splice(0, at);
  }
}

/** One round; throws at the first lost block. */
export async function crash(program: string, stack: CrashStack, seed: number, toll: CrashToll): Promise<void> {
  // Each stack has kills of its own, and the seed alone repeats them.
  const random = new Random(seed + 104_729 * crashStacks.indexOf(stack));
  const folder = await mkdtemp(join(tmpdir(), 'wakechain-crash-'));
  try {
    const { strategy } = random.pick(designs);
    const paths = Array.from({ length: stack.files }, (_, i) => join(folder, String(i)));
    const testimony = new Testimony(stack, toll);
    for (let life = 1 + random.below(3); life > 0; life--) {
      const create = testimony.generations === null;
      await liveAndDie(program, { stack: stack.name, design: strategy.name, paths, create, seed: random.below(2 ** 31), firstId: testimony.lastId }, random, testimony, toll); // prettier-ignore
    }
    toll.rounds++;
    await examine(new Remains(stack, paths, strategy, testimony, random, toll));
  } catch (error) {
    throw new Error(`${stack.name}, WAKECHAIN_SEED=${String(seed)}: ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts the program and kills it: after a random number of lines, or while it opens what another left. */
async function liveAndDie(
  program: string,
  task: CrashTask,
  random: Random,
  testimony: Testimony,
  toll: CrashToll,
): Promise<void> {
  testimony.begin();
  // What was never made whole holds nothing to be looked at: only what is opened again is killed meanwhile.
  const early = !task.create && random.chance(40);
  const delayMs = random.below(8);
  const lines = random.below(random.chance(30) ? 20 : 300);
  const env = { ...process.env, NODE_V8_COVERAGE: undefined };
  const child = spawn(process.execPath, [program, JSON.stringify(task)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let complaint = '';
  let heard = 0;
  let rest = '';
  let wrong: unknown = null;
  let doomed: NodeJS.Timeout | null = null;
  const hear = (line: string): void => {
    try {
      testimony.hear(line);
    } catch (error) {
      wrong ??= error;
      child.kill('SIGKILL');
    }
    if (testimony.opening && early) doomed ??= setTimeout(() => child.kill('SIGKILL'), delayMs);
    if (testimony.opening && early && delayMs === 0) child.kill('SIGKILL');
    else if (testimony.ready && ++heard > lines) child.kill('SIGKILL');
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) hear(line);
  });
  const [, signal] = (await closed) as [number | null, NodeJS.Signals | null];
  if (doomed !== null) clearTimeout(doomed);
  if (wrong !== null) throw wrong as Error;
  if (signal !== 'SIGKILL' || complaint !== '') throw new Error(`the process ended by itself: ${complaint}`);
  toll.kills++;
  if (testimony.inFlight) toll.inFlight++;
  if (!testimony.ready) toll.opening++;
}

/** What the dead have left. */
class Remains {
  readonly pool: PagePool = new PagePool({ maxBytes: 1 << 24 });
  readonly stack: CrashStack;
  readonly paths: readonly string[];
  readonly strategy: Strategy;
  readonly testimony: Testimony;
  readonly random: Random;
  readonly toll: CrashToll;

  constructor(
    stack: CrashStack,
    paths: readonly string[],
    strategy: Strategy,
    testimony: Testimony,
    random: Random,
    toll: CrashToll,
  ) {
    this.stack = stack;
    this.paths = paths;
    this.strategy = strategy;
    this.testimony = testimony;
    this.random = random;
    this.toll = toll;
  }

  files(): Promise<FileDevice[]> {
    return Promise.all(this.paths.map((path) => FileDevice.open(path, { strategy: this.strategy })));
  }

  /** Opens the stack as it is, and closes it again. */
  async opened<T>(look: (top: BlockDevice) => Promise<T>): Promise<T> {
    const top = await this.stack.build(await this.files(), this.pool, false);
    try {
      return await look(top);
    } finally {
      await top.close();
      if (this.pool.pagesInUse > 0) throw new Error('pages were left in use');
    }
  }

  async superblocks(): Promise<(Superblock | null)[]> {
    const files = await this.files();
    try {
      return await Promise.all(files.map((file) => readSuperblock(file, this.pool)));
    } finally {
      await Promise.all(files.map((file) => file.close()));
    }
  }
}

async function examine(remains: Remains): Promise<void> {
  const { stack, testimony, random, pool, toll } = remains;
  if (stack.members !== undefined) {
    const dirty = (await remains.superblocks()).some((each) => each?.dirty.some((bits) => bits > 0));
    if (dirty) toll.marked++;
  }
  const found = await remains.opened(async (top) => {
    checkStates(top);
    const ids = await readIds(top, pool);
    checkBlocks(ids, testimony, toll);
    return ids;
  });
  await checkMembers(remains);

  // It can be used as before.
  await remains.opened(async (top) => {
    const unit = top.blockSize / BLOCK;
    const first = random.below(found.length / unit) * unit;
    const id = testimony.lastId + 1;
    const pages = pool.allocate(unit * BLOCK);
    for (let i = 0; i < unit; i++) {
      found[first + i] = id;
      pages.set(stamp(id, first + i), i * BLOCK);
    }
    await top.flush();
    await top.write(pages.range(0, unit * BLOCK), { position: first * BLOCK });
    pages.free();
  });
  await checkMembers(remains);
  const again = await remains.opened((top) => readIds(top, pool));
  const at = again.findIndex((id, block) => id !== found[block]);
  if (at >= 0) throw new Error(`block ${String(at)} held write ${String(found[at])}, and then ${String(again[at])}`);
}

function checkBlocks(ids: readonly number[], testimony: Testimony, toll: CrashToll): void {
  for (const [block, id] of ids.entries()) {
    const writes = testimony.of(block);
    const found = writes.filter(({ value }) => value === id).at(-1);
    if (found === undefined) {
      const may = writes.map((write) => write.value).join(', ');
      throw new Error(`block ${String(block)} holds write ${String(id)}, not one of ${may}`);
    }
    if (!found.acknowledged) toll.survived++;
    if (found !== writes.at(-1)) toll.rolledBack++;
  }
}

function checkStates(top: BlockDevice): void {
  for (const device of devicesOf(top)) {
    if (!(device instanceof Mirror) && !(device instanceof Parity)) continue;
    const states = device.members.map(({ state }) => state);
    if (states.some((state) => state !== 'in-sync')) throw new Error(`the members are ${states.join()}`);
  }
}

/** Closed, the members know of no difference, and their own bytes are the same, or sum up to zero. */
async function checkMembers(remains: Remains): Promise<void> {
  const { stack, paths, testimony } = remains;
  if (stack.members === undefined) return;
  const superblocks = await remains.superblocks();
  const [first] = superblocks;
  const generations = superblocks.map((each) => String(each?.generation)).join(' ');
  if (first === null || first === undefined || generations !== testimony.generations) {
    throw new Error(`the generations are ${generations}, they were ${String(testimony.generations)}`);
  }
  if (superblocks.some((each) => each?.dirty.some((bits) => bits > 0))) throw new Error('marked after it was closed');
  const { dataStart, dataSize } = first;
  const bytes = await Promise.all(paths.map(async (path) => (await readFile(path)).subarray(dataStart, dataStart + dataSize))); // prettier-ignore
  if (stack.members === 'equal') {
    if (bytes.some((each) => !each.equals(bytes[0] ?? each))) throw new Error('the members differ');
    return;
  }
  for (let at = 0; at < dataSize; at++) {
    if (bytes.reduce((sum, each) => sum ^ (each[at] ?? 0), 0) !== 0)
      throw new Error(`parity is wrong at ${String(at)}`);
  }
}
