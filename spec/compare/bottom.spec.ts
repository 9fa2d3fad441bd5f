import { expect } from 'chai';
import { DeviceBottom, FailingBottom, HeldBottom, InstantBottom, type Bottom } from '../../lib/compare/bottom.js';
import { MemoryDevice, PAGE_SIZE, PagePool, type Operation, type Transfer } from '../../lib/io/index.js';

describe('a bottom', () => {
  const pages = new PagePool({ maxBytes: 4 * PAGE_SIZE }).allocate(PAGE_SIZE);

  /** Asks for a transfer; how it has ended is in what comes back. */
  function ask(bottom: Bottom, operation: Operation = 'read'): { ended: [bytes: number, code: string | null] | null } {
    const asked: { ended: [number, string | null] | null } = { ended: null };
    const transfer: Transfer = {
      operation,
      position: 0,
      pages,
      offset: 0,
      length: PAGE_SIZE,
      fua: false,
      finish: (bytes, error) => void (asked.ended = [bytes, error?.code ?? null]),
    };
    bottom.transfer(transfer);
    return asked;
  }

  it('that is instant answers at once, and counts what it was asked for', () => {
    const bottom = new InstantBottom();
    expect([ask(bottom).ended, ask(bottom).ended]).to.deep.equal([
      [PAGE_SIZE, null],
      [PAGE_SIZE, null],
    ]);
    expect([bottom.operations, bottom.holds]).to.deep.equal([2, false]);
  });

  it('that holds answers all when it is told to, the last first', () => {
    const bottom = new HeldBottom();
    const asked = [ask(bottom), ask(bottom)];
    expect([bottom.holds, bottom.held.length, asked[0]!.ended]).to.deep.equal([true, 2, null]);
    expect(bottom.answer()).to.equal(2);
    expect(asked.map(({ ended }) => ended)).to.deep.equal([
      [PAGE_SIZE, null],
      [PAGE_SIZE, null],
    ]);
    expect(bottom.answer()).to.equal(0);
  });

  it('that is a device transfers what the device does', () => {
    const device = new MemoryDevice({ size: PAGE_SIZE, name: 'm' });
    const bottom = new DeviceBottom(device);
    expect([bottom.name, bottom.size, bottom.blockSize]).to.deep.equal(['m', PAGE_SIZE, 512]);
    pages.set(new Uint8Array(PAGE_SIZE).fill(3));
    expect(ask(bottom, 'write').ended).to.deep.equal([PAGE_SIZE, null]);
    expect(new Set(device.contents)).to.deep.equal(new Set([3]));
  });

  it('that fails does so by its plan, from number 0 on, and hands the rest on', () => {
    const under = new InstantBottom();
    const bottom = new FailingBottom(under, ({ operation }, nth) => operation === 'write' || nth === 1);
    const ended = [ask(bottom), ask(bottom), ask(bottom, 'write')].map((asked) => asked.ended);
    expect(ended).to.deep.equal([
      [PAGE_SIZE, null],
      [0, 'EIO'],
      [0, 'EIO'],
    ]);
    expect([bottom.operations, under.operations]).to.deep.equal([3, 1]);
  });
});
