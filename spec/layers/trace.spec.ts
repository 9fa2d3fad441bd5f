import { expect } from 'chai';
import sinon from 'sinon';
import { hooks } from '../../lib/event/hooks.js';
import type { Strategy } from '../../lib/io/io.js';
import { PagePool } from '../../lib/io/pages.js';
import { RequestQueue } from '../../lib/io/request-queue.js';
import { Stripe } from '../../lib/layers/stripe.js';
import { Trace, type TraceOptions, type TraceRecord } from '../../lib/layers/trace.js';
import { FaultyDevice } from '../conformance/faulty-device.js';
import { outcomeOf } from '../conformance/strategy-contract.js';
import { designs } from '../conformance/strategies.js';

const pages = new PagePool({ maxBytes: 1 << 20 }).allocate(1 << 16);

function setUp(strategy: Strategy, options: TraceOptions = {}) {
  const disk = new FaultyDevice({ strategy });
  let time = 0;
  const trace = new Trace(disk, { clock: () => ++time, ...options });
  return { disk, trace };
}

function line({ number, operation, position, length, fua, start, end, bytes, code }: TraceRecord): string {
  const what = `${operation} ${String(position)}+${String(length)}${fua ? ' fua' : ''}`;
  return `#${String(number)} ${what}, ${String(start)} to ${String(end)}: ${code ?? String(bytes)}`;
}

for (const { strategy } of designs) {
  describe(`Trace under ${strategy.name}`, () => {
    it('records each request with its outcome, in the order they came down', () => {
      const { disk, trace } = setUp(strategy);
      trace.read(pages.range(0, 1024), { position: 512 });
      trace.write(pages.range(0, 512), { position: 0, fua: true });
      trace.flush();
      disk.pending[1]?.answer();
      disk.pending[0]?.fail('ENXIO');
      expect([trace.seen, trace.inFlight]).to.deep.equal([3, 1]);
      expect(trace.records.map(line)).to.deep.equal([
        '#0 read 512+1024, 1 to 5: ENXIO',
        '#1 write 0+512 fua, 2 to 4: 512',
        '#2 flush 0+0, 3 to null: 0',
      ]);
      disk.answerAll();
      expect([trace.inFlight, trace.records[2]?.end]).to.deep.equal([0, 6]);
    });

    it('keeps the latest, as many as it has room for', () => {
      for (const capacity of [0, 1, 3, 10]) {
        const { disk, trace } = setUp(strategy, { capacity });
        disk.inline = true;
        for (let i = 0; i < 5; i++) trace.read(pages.range(0, 512), { position: i * 512 });
        const numbers = [0, 1, 2, 3, 4].slice(Math.max(0, 5 - capacity));
        expect(trace.records.map(({ number }) => number)).to.deep.equal(numbers);
        expect(trace.seen).to.equal(5);
      }
    });

    it('tells of starts and ends as they happen, also of what is cancelled (N14)', () => {
      const told: string[] = [];
      const disk = new FaultyDevice({ strategy });
      const trace = new Trace(new RequestQueue(disk, { depth: 1 }), {
        onEvent: ({ number, code }, event) => told.push(`${event} ${String(number)}${code === null ? '' : ` ${code}`}`),
      });
      const [, second] = [0, 512].map((position) => trace.read(pages.range(0, 512), { position }));
      second?.cancel();
      disk.answerAll();
      expect(told).to.deep.equal(['start 0', 'start 1', 'end 1 ECANCELED', 'end 0']);
    });

    it('sees on each side of a layer what the layer does', () => {
      const disks = [new FaultyDevice({ strategy, inline: true }), new FaultyDevice({ strategy, inline: true })];
      const below = disks.map((disk) => new Trace(disk));
      const above = new Trace(new Stripe(below, { chunk: 512 }));
      above.read(pages.range(0, 2048), { position: 512 });
      const seen = [above, ...below].map(({ records }) => records.map((one) => [one.position, one.bytes]));
      expect(seen).to.deep.equal([[[512, 2048]], [[512, 512], [1024, 512]], [[0, 512], [512, 512]]]); // prettier-ignore
    });

    it('fails nothing when who looks on throws: that goes to the host', () => {
      const { disk, trace } = setUp(strategy, {
        onEvent: () => {
          throw new Error('broken');
        },
      });
      disk.inline = true;
      const uncaught = sinon.stub(hooks, 'uncaught');
      try {
        const request = trace.read(pages.range(0, 512), { position: 0 });
        expect([outcomeOf(request), uncaught.callCount]).to.deep.equal([['done', 512], 2]);
      } finally {
        uncaught.restore();
      }
    });
  });
}

describe('Trace', () => {
  it('tells the time in milliseconds by default', () => {
    const trace = new Trace(new FaultyDevice({ inline: true }));
    trace.flush();
    const [record] = trace.records;
    expect(record?.end).to.be.at.least(record?.start ?? Infinity);
    expect(performance.now()).to.be.at.least(record?.end ?? Infinity);
  });

  for (const capacity of [-1, 0.5, NaN]) {
    it(`refuses a capacity of ${String(capacity)}`, () => {
      expect(() => new Trace(new FaultyDevice(), { capacity }))
        .to.throw(RangeError)
        .with.property('code', 'ERR_CAPACITY');
    });
  }
});
