import { expect } from 'chai';
import { designs } from '../../../lib/compare/designs.js';
import { depth } from '../../../lib/compare/experiments/depth.js';
import type { Row } from '../../../lib/compare/index.js';
import type { IoRequest } from '../../../lib/io/index.js';
import { clones, settingOf, watched } from '../support.js';

describe('depth', function () {
  this.timeout(30_000);
  let rows: Row[];
  const steps: string[] = [];
  const last = new Map<string, IoRequest>();

  before(async () => {
    const setting = settingOf({
      designs: designs.map((design) =>
        watched(design, (request) => last.set(`${design.name}, ${request.device.name}`, request)),
      ),
      progress: (step) => void steps.push(step),
    });
    rows = await depth.run(setting);
  });

  it('measures every design at 0 to 32 layers', () => {
    const asked = [0, 1, 2, 4, 8, 16, 32].flatMap((x) => designs.map(({ name }) => `${x} ${name}`));
    expect(rows.map(({ x, design }) => `${x} ${design}`)).to.deep.equal(asked);
    expect(depth.points).to.deep.equal([0, 1, 2, 4, 8, 16, 32]);
  });

  it('tells its progress once for each point', () => {
    expect(steps).to.deep.equal(depth.points.map((layers) => `depth ${layers}`));
  });

  for (const { name } of designs) {
    it(`counts for ${name} ${clones(name) ? 'one header for each layer and one more' : 'one header'}`, () => {
      for (const { x, counts } of rows.filter(({ design }) => design === name)) {
        expect(counts.headers).to.equal(clones(name) ? x + 1 : 1);
      }
    });
  }

  it('counts one callback for each layer, whatever the design', () => {
    for (const { x, counts } of rows) expect(counts.callbacks).to.equal(x);
  });

  it('counts a link for each layer with waitQueue, and none with untracked clones', () => {
    for (const { x, design, counts } of rows) {
      if (design === 'waitQueue') expect(counts.links).to.equal(x);
      if (design === 'cloneKiobuf') expect(counts.links).to.equal(0);
    }
  });

  it('searches nothing', () => {
    for (const { counts } of rows) expect(counts.visited).to.equal(0);
  });

  it('reads all bytes under every design', () => {
    for (const { name } of designs) {
      for (const device of ['null', 'pass']) expect(last.get(`${name}, ${device}`)?.value).to.equal(4096);
    }
  });
});
