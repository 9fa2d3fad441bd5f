import { expect } from 'chai';
import { designs } from '../../../lib/compare/designs.js';
import { fanOut } from '../../../lib/compare/experiments/fan-out.js';
import type { Row } from '../../../lib/compare/index.js';
import type { BlockDevice, IoRequest, MemoryDevice } from '../../../lib/io/index.js';
import { clones, settingOf, watched } from '../support.js';

describe('fanOut', function () {
  this.timeout(30_000);
  const widths = [1, 2, 4, 16, 64, 256];
  let rows: Row[];
  const steps: string[] = [];
  const stripes = new Map<BlockDevice, IoRequest>();

  before(async () => {
    const setting = settingOf({
      designs: designs.map((design) => watched(design, (request) => stripes.set(request.device, request))),
      progress: (step) => void steps.push(step),
    });
    rows = await fanOut.run(setting);
  });

  it('measures every design at 1 to 256 members', () => {
    const asked = widths.flatMap((x) => designs.map(({ name }) => `${x} ${name}`));
    expect(rows.map(({ x, design }) => `${x} ${design}`)).to.deep.equal(asked);
  });

  it('tells its progress once for each point', () => {
    expect(steps).to.deep.equal(fanOut.points.map((width) => `fan-out ${width}`));
  });

  it('counts a header for the request and one for each piece, whatever the design', () => {
    for (const { x, counts } of rows.filter(({ x }) => x > 1)) expect(counts.headers).to.equal(x + 1);
  });

  it('does not carve for one member: the request is passed on', () => {
    for (const { design, counts } of rows.filter(({ x }) => x === 1)) {
      expect(counts.headers).to.equal(clones(design) ? 2 : 1);
    }
  });

  it('counts one callback: the stripe is told once', () => {
    for (const { counts } of rows) expect(counts.callbacks).to.equal(1);
  });

  it('counts an entry for the parent and one for each piece with waitQueue, and none with untracked clones', () => {
    for (const { x, design, counts } of rows) {
      if (design === 'waitQueue') expect(counts.links).to.equal(x === 1 ? 1 : x + 1);
      if (design === 'cloneKiobuf') expect(counts.links).to.equal(0);
    }
  });

  it('searches nothing', () => {
    for (const { counts } of rows) expect(counts.visited).to.equal(0);
  });

  it('brings the same bytes to the members under every design, another pattern to each', () => {
    expect(stripes.size).to.equal(widths.length * designs.length);
    for (const [stripe, request] of stripes) {
      expect(request.value).to.equal(request.length);
      stripe.lowers.forEach((member, i) => {
        expect([...new Set((member as MemoryDevice).contents)]).to.deep.equal([i]);
      });
    }
  });
});
