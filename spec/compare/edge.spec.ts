import { expect } from 'chai';
import { EdgeCall, edgeDevice } from '../../lib/compare/edge.js';
import { counters, IoError, PAGE_SIZE, PagePool } from '../../lib/io/index.js';

describe('a request at the edge', () => {
  const pages = new PagePool({ maxBytes: 4 * PAGE_SIZE }).allocate(2 * PAGE_SIZE);
  const size = { size: 16 * PAGE_SIZE, blockSize: 512 };

  it('tells the design what is asked for, and the caller how it has ended', () => {
    let call: EdgeCall | undefined;
    const device = edgeDevice('mine', size, { begin: (begun) => void (call = begun) });
    const before = counters.headers;
    const request = device.write(pages.range(512, 1024), { position: 4096, fua: true });
    const { operation, position, offset, length, fua } = call!;
    expect({ operation, position, offset, length, fua }).to.deep.equal({
      operation: 'write',
      position: 4096,
      offset: 512,
      length: 1024,
      fua: true,
    });
    expect([call!.pages, request.settled, counters.headers - before]).to.deep.equal([pages, false, 1]);
    call!.finish(1024, null);
    expect(request.value).to.equal(1024);
  });

  it('that failed tells which parts did (N13)', () => {
    const failed = [{ offset: 0, length: 512 }];
    const device = edgeDevice('mine', size, { begin: (call) => call.finish(512, new IoError('EIO'), failed) });
    const request = device.read(pages.range(0, 1024), { position: 0 });
    expect(request.error).to.include({ code: 'EIO', bytes: 512 });
    expect((request.error as IoError).succeeded).to.deep.equal([{ offset: 512, length: 512 }]);
  });

  it('that failed after some bytes counts these as its beginning', () => {
    const device = edgeDevice('mine', size, { begin: (call) => call.finish(512, new IoError('EIO')) });
    const { error } = device.read(pages.range(0, 1024), { position: 0 });
    expect((error as IoError).succeeded).to.deep.equal([{ offset: 0, length: 512 }]);
  });

  it('hands a cancel to the design, once, and settles when that has finished (I5)', () => {
    const trace: string[] = [];
    let call: EdgeCall | undefined;
    const device = edgeDevice('mine', size, {
      begin: (begun) => void (call = begun),
      cancel: ({ cancelled }) => trace.push(`cancel ${cancelled}`),
    });
    const request = device.read(pages, { position: 0 });
    expect([request.cancel('enough'), request.cancel()]).to.deep.equal(['requested', 'requested']);
    expect([request.settled, ...trace]).to.deep.equal([false, 'cancel true']);
    call!.finish(0, new IoError('ECANCELED'));
    expect([request.state, (request.error as Error).cause]).to.deep.equal(['cancelled', 'enough']);
  });

  it('runs out when the design can do nothing about a cancel', () => {
    let call: EdgeCall | undefined;
    const device = edgeDevice('mine', size, { begin: (begun) => void (call = begun) });
    const request = device.read(pages, { position: 0 });
    request.cancel();
    call!.finish(pages.length, null);
    expect([request.state, request.value]).to.deep.equal(['done', pages.length]);
  });

  it('has no stacking verbs', () => {
    edgeDevice('mine', size, {
      begin(call) {
        const verbs = ['pass', 'substitute', 'split', 'suspend', 'retry', 'parked', 'unparked'] as const;
        for (const verb of verbs)
          expect(() => call[verb]())
            .to.throw()
            .with.property('code', 'ERR_EDGE_CALL');
        call.finish(call.length, null);
      },
    }).read(pages, { position: 0 });
  });
});
