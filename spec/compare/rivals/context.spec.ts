import { expect } from 'chai';
import { copies } from '../../../lib/compare/copies.js';
import { EdgeCall } from '../../../lib/compare/edge.js';
import { Abort, copyInto, IoContext } from '../../../lib/compare/rivals/context.js';
import { MemoryDevice, PAGE_SIZE, PagePool } from '../../../lib/io/index.js';
import { counted } from '../../conformance/strategy-contract.js';

describe('Abort', () => {
  it('makes a signal when it is first asked for, which is aborted if it was asked to before', () => {
    const abort = new Abort();
    abort.abort();
    expect([abort.aborted, abort.signal.aborted]).to.deep.equal([true, true]);
  });

  it('follows that of the request, and does not lead it', () => {
    const request = new Abort();
    const [one, other] = [new Abort(request), new Abort(request)];
    one.abort();
    expect([request.aborted, one.signal.aborted, other.aborted]).to.deep.equal([false, true, false]);
    const { signal } = other;
    request.abort();
    expect([other.aborted, signal.aborted]).to.deep.equal([true, true]);
  });
});

describe('IoContext', () => {
  const pool = new PagePool();
  const pages = pool.allocate(2 * PAGE_SIZE);
  const device = new MemoryDevice({ size: 4 * PAGE_SIZE });
  const whole = (): IoContext => {
    const request = device.read(pages.range(512, 1024), { position: 2048 });
    return IoContext.of(new EdgeCall(request, { begin: () => {} }));
  };

  it('is a header for each that is made of another, in the same memory and under the same cancel', () => {
    const io = whole();
    const { headers } = counted(() => {
      const part = io.part(4096, 512, 256);
      expect(part).to.deep.include({ operation: 'read', position: 4096, offset: 1024, length: 256 });
      expect([part.pages === pages, part.abort === io.abort]).to.deep.equal([true, true]);
    });
    expect(headers).to.equal(1);
  });

  it('joins neighbours without a copy', () => {
    const [first, second] = [whole().part(0, 512, 512), whole().part(512, 0, 512)];
    const joined = IoContext.joined([first, second]);
    expect(joined).to.deep.include({ position: 0, offset: 0, length: 1024 });
    pages.set(Uint8Array.of(7), 1024);
    expect(joined.pages?.bytes(0, 1)).to.deep.equal(Uint8Array.of(7));
  });

  it('is copied into from other memory, which is counted', () => {
    const other = pool.allocate(PAGE_SIZE);
    other.set(new Uint8Array(1024).fill(9));
    const before = copies.bytes;
    copyInto(whole(), other);
    expect([copies.bytes - before, ...pages.bytes(511, 2)]).to.deep.equal([1024, pages.bytes(511, 1)[0], 9]);
  });
});
