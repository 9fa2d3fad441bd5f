import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { EventCounter } from '../../lib/sync/event-counter.js';
import { POLLIN, POLLOUT, type Pollable } from '../../lib/sync/pollable.js';
import { Poller } from '../../lib/sync/poller.js';
import { seed } from '../conformance/random.js';

/*
 * The kernel is the model: random programs run on Linux's own epoll(7) and eventfd(2), through Python, and on Poller and
 * EventCounter, and every step must come to the same.
 */

const COUNTERS = 4;
const POLLERS = 8;

type Flag = 'edge' | 'oneShot' | 'exclusive';
type Step =
  | ['write', number, number]
  | ['read', number]
  | ['add' | 'modify', number, string, number, Flag[]]
  | ['remove', number, string]
  | ['wait', number, number];

interface Program {
  readonly counters: number;
  readonly pollers: number;
  readonly steps: Step[];
}

const counter = fc.nat(COUNTERS - 1);
const flags = fc.subarray<Flag>(['edge', 'oneShot']);
const mask = fc.constantFrom(POLLIN, POLLIN, POLLIN | POLLOUT, POLLOUT, 0);

/** Steps among so many pollers; `nested` of ten sources are pollers. */
function stepOf(pollers: number, nested: number): fc.Arbitrary<Step> {
  const poller = fc.nat(pollers - 1);
  const source = fc.oneof(
    { weight: 10 - nested, arbitrary: counter.map((i) => `c${String(i)}`) },
    { weight: nested, arbitrary: poller.map((i) => `p${String(i)}`) },
  );
  return fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constant('write' as const), counter, fc.integer({ min: 1, max: 3 })) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('read' as const), counter) },
    { weight: 4, arbitrary: fc.tuple(fc.constant('add' as const), poller, source, mask, flags) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('modify' as const), poller, source, mask, flags) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('remove' as const), poller, source) },
    { weight: 6, arbitrary: fc.tuple(fc.constant('wait' as const), poller, fc.integer({ min: 1, max: 4 })) },
  );
}

const step = fc.oneof(stepOf(1, 0), stepOf(2, 2), stepOf(3, 3));
const programsOf = (steps: fc.Arbitrary<Step>, numRuns: number): Program[] =>
  fc
    .sample(fc.array(steps, { minLength: 10, maxLength: 80, size: 'max' }), { seed, numRuns })
    .map((list) => ({ counters: COUNTERS, pollers: POLLERS, steps: list }));

/** The kernel's words for what is refused. */
const ERRNO: Record<string, string> = {
  ERR_REGISTERED: 'EEXIST',
  ERR_NOT_REGISTERED: 'ENOENT',
  ERR_POLL_CYCLE: 'ELOOP',
  ERR_POLL_OPTIONS: 'EINVAL',
};

async function run({ steps }: Program): Promise<unknown[]> {
  const sources = new Map<string, Pollable>();
  const counters = Array.from({ length: COUNTERS }, () => new EventCounter());
  const pollers = Array.from({ length: POLLERS }, () => new Poller<string>());
  for (const [i, each] of counters.entries()) sources.set(`c${String(i)}`, each);
  for (const [i, each] of pollers.entries()) sources.set(`p${String(i)}`, each);
  const take = async ([what, index, third, events, list]: Step): Promise<unknown> => {
    if (what === 'write') return counters[index]?.tryWrite(third) === true ? 'ok' : 'EAGAIN';
    if (what === 'read') return counters[index]?.tryRead() || 'EAGAIN';
    const on = pollers[index] as Poller<string>;
    if (what === 'wait') {
      const found = await on.wait({ maxEvents: third, timeoutMs: 0 });
      return found.map((event) => [event.data, event.events]);
    }
    const from = sources.get(third) as Pollable;
    if (what === 'remove') on.remove(from);
    else {
      const options = { events, edge: list.includes('edge'), oneShot: list.includes('oneShot'), data: third };
      if (what === 'add') on.add(from, options);
      else on.modify(from, options);
    }
    return 'ok';
  };
  const trace: unknown[] = [];
  for (const each of steps) {
    try {
      trace.push(await take(each));
    } catch (error) {
      // The kernel has a word of its own for a poller that is to watch itself.
      const itself = each[2] === `p${String(each[1])}`;
      trace.push(itself ? 'EINVAL' : (ERRNO[(error as { code: string }).code] ?? error));
    }
  }
  for (const each of pollers) each.close();
  return trace;
}

function onKernel(programs: readonly Program[]): unknown[][] {
  const script = fileURLToPath(new URL('epoll.py', import.meta.url));
  const { stdout, stderr, status } = spawnSync('python3', [script], { input: JSON.stringify(programs), encoding: 'utf8', maxBuffer: 1 << 28 }); // prettier-ignore
  if (status !== 0) throw new Error(`python3: ${stderr}`);
  return JSON.parse(stdout) as unknown[][];
}

const hasEpoll =
  spawnSync('python3', ['-c', 'import os, select; select.epoll(); os.eventfd(0)'], { stdio: 'ignore' }).status === 0;

describe('Poller beside the kernel', () => {
  const given = hasEpoll ? it : it.skip;
  const why = hasEpoll ? '' : ' (skipped: needs Linux, and python3 with os.eventfd)';

  given(`does in random programs what epoll(7) does${why}`, async function () {
    this.timeout(60_000);
    const programs = [stepOf(1, 0), stepOf(2, 2), step, stepOf(POLLERS, 8)].flatMap((steps) => programsOf(steps, 400));
    const expected = onKernel(programs);
    let [events, refused] = [0, 0];
    for (const [i, program] of programs.entries()) {
      const trace = await run(program);
      for (const [at, came] of trace.entries()) {
        if (Array.isArray(came)) events += came.length;
        else if (came === 'ELOOP') refused++;
        if (JSON.stringify(came) === JSON.stringify(expected[i]?.[at])) continue;
        const story = program.steps.slice(0, at + 1).map((each, k) => `${JSON.stringify(each)} → ${JSON.stringify(trace[k])}, kernel ${JSON.stringify(expected[i]?.[k])}`); // prettier-ignore
        throw new Error(`seed ${String(seed)}, program ${String(i)}:\n${story.join('\n')}`);
      }
    }
    expect(events, 'events that were compared').to.be.greaterThan(programs.length);
    expect(refused, 'nestings that were refused').to.be.greaterThan(programs.length / 10);
  });
});
