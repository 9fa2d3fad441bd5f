import { expect } from 'chai';
import type { Io } from '../../../lib/io/io.js';
import { IoError } from '../../../lib/io/io-error.js';
import { askCancellers, CancellableEvent } from '../../../lib/io/strategy/cancellable-event.js';
import { ChainedEvent } from '../../../lib/io/strategy/chained-event.js';
import { CompoundEvent, compoundEvent } from '../../../lib/io/strategy/compound-event.js';
import { Callback } from '../../../lib/io/strategy/callback.js';
import { PagePool } from '../../../lib/io/pages.js';
import { FaultyDevice } from '../../conformance/faulty-device.js';
import { counted } from '../../conformance/strategy-contract.js';
import { Tracer } from '../../conformance/tracer.js';

const pages = new PagePool().allocate(4096);
const own = { operation: 'read', position: 0, pages, offset: 0, length: 4096, fua: false } as const;

describe('compoundEvent', () => {
  it('says how it cancels', () => {
    expect([compoundEvent.name, compoundEvent.capabilities.pull]).to.deep.equal(['compoundEvent', 'through the chain']);
  });

  it('sends one and the same event all the way down, and restores position and pages on the way up (N1)', () => {
    const headers: Io[] = [];
    const disk = new FaultyDevice({ strategy: compoundEvent });
    const lower = new Tracer('lower', disk, [], 512);
    const top = new Tracer('top', lower, [], 512);
    for (const layer of [top, lower]) layer.onSubmit = (io) => headers.push(io); // prettier-ignore
    top.read(pages, { position: 0 });
    const [event] = headers as [CompoundEvent];
    expect([headers[1] === event, event instanceof CompoundEvent, event.position]).to.deep.equal([true, true, 1024]);
    disk.answerAll();
    expect(event.position).to.equal(0);
  });
});

describe('CompoundEvent', () => {
  it('calls its done routine when nobody else is to be told: what is not used costs nothing (N10)', () => {
    const told: unknown[] = [];
    const counts = counted(() => {
      const event = new CompoundEvent(null, own, (ended) => told.push([ended.private, ended.bytes]), 'private'); // prettier-ignore
      event.finish(4096, null);
    });
    expect(told).to.deep.equal([['private', 4096]]);
    expect(counts.links).to.equal(0);
  });

  it('is the largest of three sizes, each the one before and what it adds', () => {
    const event = new CompoundEvent(null, own, () => undefined, null);
    expect(event).to.be.instanceOf(CancellableEvent).and.to.be.instanceOf(ChainedEvent);
    expect(event.cancelRoutine).to.equal(askCancellers);
  });

  it('has sub-events, which a cancel reaches, the newest first, until they are none any more (I5, N14)', () => {
    const parent = new CompoundEvent(null, own, () => undefined, null);
    const children = [0, 1, 2].map(() => new CompoundEvent(parent, own, () => undefined, null));
    const [first, second, third] = children as [CompoundEvent, CompoundEvent, CompoundEvent];
    for (const child of children) parent.addChild(child);
    parent.removeChild(second);
    parent.removeChild(second);
    const asked: CancellableEvent[] = [];
    parent.cancel(asked);
    expect(asked.map((event) => children.indexOf(event as CompoundEvent))).to.deep.equal([2, 0]);
    for (const child of [first, third]) parent.removeChild(child);
    expect(counted(() => parent.cancelParts()).visited).to.equal(0);
    expect(children.map(({ cancelled }) => cancelled)).to.deep.equal([false, false, false]);
  });

  it('asks its cancellers once (I5)', () => {
    const event = new CompoundEvent(null, own, () => undefined, null);
    const withdrawn: string[] = [];
    const slot = { link: null, list: { withdraw: () => withdrawn.push('withdrawn') } };
    event.parked(slot as never);
    expect(slot.link).to.be.instanceOf(Callback);
    event.cancelAll();
    event.cancelAll();
    expect([withdrawn, event.cancelled]).to.deep.equal([['withdrawn'], true]);
    event.unparked(slot as never);
    event.finish(0, new IoError('ECANCELED'));
  });
});
