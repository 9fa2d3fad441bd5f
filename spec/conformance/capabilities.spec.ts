import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import sinon from 'sinon';
import type { Capabilities, Io } from '../../lib/io/io.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Pass } from '../../lib/layers/pass.js';
import { Retry } from '../../lib/layers/retry.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { FaultyDevice } from './faulty-device.js';
import { counted, outcomeOf } from './strategy-contract.js';
import { designs } from './strategies.js';
import { Tracer } from './tracer.js';

const BLOCK = 512;
const pages = new PagePool().allocate(1 << 16);

describe('the capabilities', () => {
  for (const { strategy } of designs) {
    describe(`of ${strategy.name}`, () => {
      const { capabilities } = strategy;
      const disk = (inline = false): FaultyDevice => new FaultyDevice({ strategy, inline });

      /** What a cancel of a request with so many parts looks at, while so many other requests wait. */
      function visited(parts: number, others: number): number {
        const [busy, elsewhere] = [disk(), disk()];
        const queue = new RequestQueue(busy, { depth: 1 });
        const other = new RequestQueue(elsewhere, { depth: 1 });
        const device = new Stripe([queue], { chunk: BLOCK });
        queue.read(pages.range(0, BLOCK), { position: 0 });
        for (let i = 0; i <= others; i++) other.read(pages.range(0, BLOCK), { position: 0 });
        const request = device.read(pages.range(0, parts * BLOCK), { position: 0 });
        expect([queue.queued, other.queued]).to.deep.equal([parts, others]);
        const { visited: count } = counted(() => request.cancel());
        expect([request.state, queue.queued, other.queued]).to.deep.equal(['cancelled', 0, others]);
        busy.answerAll();
        elsewhere.answerAll();
        return count;
      }

      it(`say how queued parts are found: ${capabilities.pull} (I5, N14)`, () => {
        const seen: Record<Capabilities['pull'], number> = {
          // Each part, and its place in the queue.
          'through the chain': 20,
          'through the links': 10,
          'by searching every request queue': 17,
        };
        expect(visited(10, 7)).to.equal(seen[capabilities.pull]);
      });

      it(`say what is looked at for that: ${capabilities.looksAt} (I5, N14)`, () => {
        const grows = visited(5, 1000) > visited(5, 10);
        expect(grows ? 'everything that waits' : 'what belongs to the request').to.equal(capabilities.looksAt);
      });

      it(`say what becomes of a part on its way down when a cancel comes: it ${capabilities.onTheWayDown} (I5)`, () => {
        const bottom = disk(true);
        const top = new Tracer('top', new Pass(bottom));
        const controller = new AbortController();
        top.onSubmit = () => {
          controller.abort();
        };
        top.read(pages.range(0, BLOCK), { position: 0, signal: controller.signal });
        expect(bottom.log.length === 0 ? 'is stopped' : 'runs out').to.equal(capabilities.onTheWayDown);
      });

      it(`say what goes down through layers: ${capabilities.container} (N1)`, () => {
        const seen: Io[] = [];
        const bottom = disk();
        const submit = bottom.submit.bind(bottom);
        bottom.submit = (io) => {
          seen.push(io);
          submit(io);
        };
        const top = new Tracer('top', new Pass(bottom));
        top.onSubmit = (io) => {
          seen.push(io);
        };
        top.read(pages.range(0, BLOCK), { position: 0 });
        bottom.answerAll();
        const [first, last] = seen;
        expect(seen.length).to.equal(2);
        expect(first === last ? 'one for all layers' : 'a clone for each layer').to.equal(capabilities.container);
      });

      it(`say what the caller learns of a failure: ${capabilities.knows} (I4, N13)`, () => {
        const members = [disk(), disk()];
        const request = new Stripe(members, { chunk: BLOCK }).read(pages.range(0, 2 * BLOCK), { position: 0 });
        members[0]?.only.fail();
        members[1]?.answerAll();
        const told: Record<Capabilities['knows'], unknown> = {
          'which parts succeeded': ['failed', 'EIO', BLOCK, [[BLOCK, BLOCK]]],
          'how many bytes': ['failed', 'EIO', BLOCK, []],
          'the first error': ['failed', 'EIO', 0, []],
        };
        expect(outcomeOf(request)).to.deep.equal(told[capabilities.knows]);
      });

      it(`say what is sent again: ${capabilities.retries} (N8)`, () => {
        const clock = sinon.useFakeTimers();
        const members = [disk(), disk()];
        const retried = members.map((member) => new Retry(member, { delaysMs: [0] }));
        const request = new Stripe(retried, { chunk: BLOCK }).read(pages.range(0, 2 * BLOCK), { position: 0 });
        members[0]?.only.fail();
        members[1]?.answerAll();
        clock.tick(1);
        members[0]?.answerAll();
        clock.restore();
        const sent = members.map(({ log }) => log.length);
        const counts: Record<Capabilities['retries'], unknown> = {
          'the parts that failed': ['done', 2 * BLOCK, 2, 1],
          'the whole request': ['done', 2 * BLOCK, 2, 2],
          none: ['failed', 'EIO', 1, 1],
        };
        expect([...outcomeOf(request).slice(0, 2), ...sent]).to.deep.equal(counts[capabilities.retries]);
      });

      it(`say where an end is held: ${capabilities.holds} (N6)`, () => {
        const order: string[] = [];
        const bottom = disk(true);
        const low = new Tracer('low', bottom);
        const top = new Tracer('top', low);
        let resume = (): void => {};
        low.onDone = (io) => {
          order.push('low');
          resume = io.suspend();
        };
        top.onDone = () => {
          order.push('top');
        };
        const request = top.read(pages.range(0, BLOCK), { position: 0 });
        const held = [request.state, ...order];
        resume();
        const below = held.join() === 'pending,low' && order.join() === 'low,top' && request.state === 'done';
        expect(below ? 'at every layer' : 'nowhere').to.equal(capabilities.holds);
      });

      it(`say what those are told that one operation has served: ${capabilities.merged} (N12)`, () => {
        const bottom = disk();
        const queue = new RequestQueue(bottom, { depth: 1, mergeBytes: 1 << 16 });
        const plug = queue.plug();
        const requests = [0, 1].map((i) => queue.read(pages.range(i * BLOCK, BLOCK), { position: i * BLOCK }));
        plug.unplug();
        expect(bottom.log).to.deep.equal(['read 0+1024']);
        bottom.only.fail('EIO', [{ offset: 0, length: BLOCK }]);
        const states = requests.map(({ state }) => state).join();
        const own = states === 'failed,done';
        expect(own ? 'each its own outcome' : 'all the same outcome').to.equal(capabilities.merged);
      });
    });
  }

  it('are the table of docs/designs.md', () => {
    const rows = readFileSync('docs/designs.md', 'utf8')
      .split('\n')
      .filter((line) => /^\| `\w+` .*\|$/.test(line))
      .map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim())); // prettier-ignore
    for (const { strategy } of designs) {
      const { pull, looksAt, onTheWayDown, container } = strategy.capabilities;
      const found = rows.find(([name]) => name === `\`${strategy.name}\``);
      expect(found).to.deep.equal([`\`${strategy.name}\``, pull, looksAt, onTheWayDown, container]);
    }
  });
});
