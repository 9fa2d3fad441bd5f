import { expect } from 'chai';
import { designs } from '../../../lib/compare/designs.js';
import { cancel } from '../../../lib/compare/experiments/cancel.js';
import type { Row } from '../../../lib/compare/index.js';
import { RequestQueue, type IoRequest } from '../../../lib/io/index.js';
import { settingOf, watched } from '../support.js';

const PIECES = 16;

describe('cancel', function () {
  this.timeout(30_000);
  let rows: Row[];
  const steps: string[] = [];
  const victims = new Map<string, IoRequest>();
  const others = new Map<string, number>();
  const queues = new Set<RequestQueue>();

  before(async () => {
    const setting = settingOf({
      designs: designs.map((design) =>
        watched(design, (request) => {
          if (request.device.name === 'stripe') victims.set(design.name, request);
          else request.notify(({ state }) => count(`${design.name} ${state}`));
          if (request.device instanceof RequestQueue) queues.add(request.device);
        }),
      ),
      progress: (step) => void steps.push(step),
    });
    rows = await cancel.run(setting);
  });

  function count(what: string): void {
    others.set(what, (others.get(what) ?? 0) + 1);
  }

  it('measures every design among 0 to 10,000 others', () => {
    const asked = [0, 10, 100, 1000, 10_000].flatMap((x) => designs.map(({ name }) => `${x} ${name}`));
    expect(rows.map(({ x, design }) => `${x} ${design}`)).to.deep.equal(asked);
  });

  it('tells its progress once for each point', () => {
    expect(steps).to.deep.equal(cancel.points.map((queued) => `cancel among ${queued}`));
  });

  for (const { name, capabilities } of designs) {
    const searches = capabilities.pull === 'by searching every request queue';

    it(`${searches ? 'looks at everything that waits' : 'looks at nothing but its own pieces'} with ${name}`, () => {
      const visited = rows.filter(({ design }) => design === name).map(({ x, counts }) => [x, counts.visited] as const);
      if (searches) for (const [x, count] of visited) expect(count).to.equal(x + PIECES);
      else expect(new Set(visited.map(([, count]) => count)).size).to.equal(1);
    });

    it(`cancels the victim and nothing else with ${name}`, () => {
      const victim = victims.get(name)!;
      expect(victim.state).to.equal('cancelled');
      expect(victim.error).to.have.property('code', 'ECANCELED');
      // For each point: once to warm up, once for the clock, once for the heap; one more runs than waits.
      const made = cancel.points.reduce((sum, queued) => sum + 3 * (queued + 1), 0);
      expect(others.get(`${name} done`)).to.equal(made);
    });
  }

  it('visits each piece twice with waitQueue: in the list of its siblings, and where it waits', () => {
    const visited = rows.filter(({ design }) => design === 'waitQueue').map(({ counts }) => counts.visited);
    expect(visited).to.deep.equal(cancel.points.map(() => 2 * PIECES));
  });

  it('makes no headers, and tells the layer above each piece and the one that carved', () => {
    for (const { counts } of rows) {
      expect(counts.headers).to.equal(0);
      expect(counts.callbacks).to.equal(PIECES + 1);
    }
  });

  it('does nothing in vain, for every design finds what is queued (I5)', () => {
    for (const { extra } of rows) expect(extra).to.deep.equal({ wasted: 0 });
  });

  it('leaves nothing queued', () => {
    expect(queues.size).to.equal(cancel.points.length * designs.length);
    for (const { queued, inFlight } of queues) expect([queued, inFlight]).to.deep.equal([0, 0]);
  });
});
