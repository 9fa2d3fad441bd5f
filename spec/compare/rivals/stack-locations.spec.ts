import { expect } from 'chai';
import { Irp, stackLocations } from '../../../lib/compare/rivals/stack-locations.js';
import type { BlockDevice } from '../../../lib/io/device.js';
import type { Io } from '../../../lib/io/io.js';
import { PagePool } from '../../../lib/io/pages.js';
import { RequestQueue } from '../../../lib/io/request-queue.js';
import { Crypt } from '../../../lib/layers/crypt.js';
import { Linear } from '../../../lib/layers/linear.js';
import { Pass } from '../../../lib/layers/pass.js';
import { Stripe } from '../../../lib/layers/stripe.js';
import { FaultyDevice } from '../../conformance/faulty-device.js';
import { key } from '../../conformance/stacks.js';
import { counted, outcomeOf } from '../../conformance/strategy-contract.js';
import { Tracer } from '../../conformance/tracer.js';

const pool = new PagePool();
const pages = pool.allocate(4096);

describe('stackLocations', () => {
  const disk = (): FaultyDevice => new FaultyDevice({ strategy: stackLocations, inline: true });
  const reserved = (device: BlockDevice): number =>
    counted(() => expect(device.read(pages.range(0, 512), { position: 0 }).value).to.equal(512)).links; // prettier-ignore

  it('says how it cancels', () => {
    expect([stackLocations.name, stackLocations.capabilities.pull]).to.deep.equal([
      'stackLocations',
      'through the links',
    ]);
  });

  it('reserves a location for each layer that a packet may cross: as many as are on the longest way down', () => {
    const deep = new Pass(new Pass(disk()));
    expect([disk(), deep, new Linear([disk(), deep]), new Linear([deep, disk()])].map(reserved)).to.deep.equal([
      0, 2, 3, 3,
    ]);
  });

  it('counts a device once that two ways lead to, also where many do', () => {
    let device: BlockDevice = disk();
    for (let i = 0; i < 30; i++) device = new Linear([new Pass(device), new Pass(device)]);
    expect(reserved(device)).to.equal(60);
  });

  it('goes further down than there are locations when a member was replaced by a deeper stack', () => {
    const members: [BlockDevice] = [disk()];
    const stripe = new Stripe(members, { chunk: 512 });
    expect(reserved(stripe)).to.equal(1);
    (stripe as { lowers: readonly BlockDevice[] }).lowers = [new Pass(new Pass(disk()))];
    expect(stripe.read(pages.range(0, 512), { position: 0 }).value).to.equal(512);
  });

  it('looks at its own packets only, however much waits elsewhere (I5)', () => {
    const bottom = new FaultyDevice({ strategy: stackLocations });
    const queue = new RequestQueue(bottom, { depth: 2 });
    const elsewhere = new RequestQueue(bottom, { depth: 1 });
    for (let i = 0; i < 10; i++) elsewhere.read(pages.range(0, 512), { position: 0 });
    const request = new Pass(new Stripe([queue], { chunk: 512 })).read(pages.range(0, 2048), { position: 0 });
    // Of four packets one has ended, two run and one waits.
    bottom.pending[1]?.answer();
    expect(counted(() => request.cancel()).visited).to.equal(3);
    bottom.answerAll();
    expect(outcomeOf(request)).to.deep.equal(['cancelled', 'ECANCELED', 1536, [[0, 1536]]]);
  });
});

describe('Irp', () => {
  it('goes all the way down, and walks back up its locations with position and memory as they were (N1, I3)', () => {
    const seen: [string, Io, number, boolean][] = [];
    const disk = new FaultyDevice({ strategy: stackLocations });
    const lower = new Tracer('lower', disk, [], 4096);
    const crypt = new Crypt(lower, { key, pool });
    const top = new Tracer('top', crypt, [], 4096);
    for (const layer of [top, lower]) {
      const note = (io: Io): void => void seen.push([layer.name, io, io.position, io.pages === pages]);
      layer.onSubmit = note;
      layer.onDone = note;
    }
    top.write(pages, { position: 4096 });
    disk.only.answer();
    const irp = seen[0]?.[1];
    expect(irp).to.be.instanceOf(Irp);
    expect(seen.map(([name, io, position, own]) => [name, io === irp, position, own])).to.deep.equal([
      ['top', true, 4096, true],
      ['lower', true, 8192, false],
      ['lower', true, 8192, false],
      ['top', true, 4096, true],
    ]);
  });

  it('tells what was allocated for it of a cancel, which knows it in O(1) and starts nothing', () => {
    const disk = new FaultyDevice({ strategy: stackLocations });
    const request = new Stripe([new Pass(disk)], { chunk: 512 }).read(pages.range(0, 1024), { position: 0 });
    request.cancel();
    expect(disk.pending.map(({ cancelled }) => cancelled)).to.deep.equal([true, true]);
    disk.answerAll();
    expect(request.value).to.equal(1024);
  });
});
