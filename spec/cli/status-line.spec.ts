import { expect } from 'chai';
import sinon from 'sinon';
import { StatusLine } from '../../lib/cli/status-line.js';

describe('StatusLine', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => (clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })));
  afterEach(() => clock.restore());

  const figures = { requests: 0, errors: 0, bytesRead: 0, bytesWritten: 0, connections: 0, expelled: 0 };
  function terminal(isTTY: boolean): { stream: NodeJS.WriteStream; written: string[] } {
    const written: string[] = [];
    return { written, stream: { isTTY, columns: 200, write: (text: string) => written.push(text) } as never };
  }

  it('tells requests per second, what is in flight, and errors, twice a second', () => {
    const { stream, written } = terminal(true);
    const status = new StatusLine(stream);
    const served = { figures: { ...figures }, inFlight: 3, connections: 2 };
    status.follow(served);
    served.figures = { ...figures, requests: 500, errors: 1, bytesRead: 1 << 20, bytesWritten: 512 };
    clock.tick(500);
    expect(written.at(-1)).to.equal(
      '\r\u001b[K1000 requests/s, 3 in flight, 1 errors, 2 connections, read 2.0 MiB/s, written 1.0 KiB/s',
    );
    status.stop();
    clock.tick(5000);
    expect(written.at(-1)).to.equal('\r\u001b[K');
  });

  it('is no longer than the terminal is wide, nor cut short where that is not known', () => {
    for (const [columns, length] of [
      [40, 39],
      [0, 79],
      [10, 20],
    ] as const) {
      const { stream, written } = terminal(true);
      const status = new StatusLine(Object.assign(stream, { columns }));
      status.follow({ figures, inFlight: 0, connections: 0 });
      status.stop();
      expect(written[0]?.length, String(columns)).to.equal(length + '\r\u001b[K'.length);
    }
  });

  it('makes way for what is logged, and comes back below it', () => {
    const { stream, written } = terminal(true);
    const status = new StatusLine(stream);
    status.follow({ figures, inFlight: 0, connections: 0 });
    const [line] = written;
    status.log('a client left');
    expect(written).to.deep.equal([line, '\r\u001b[K', 'wakechain: a client left\n', line]);
    status.stop();
  });

  it('shows nothing where there is no terminal, but what is logged', () => {
    const { stream, written } = terminal(false);
    const status = new StatusLine(stream);
    status.follow({ figures, inFlight: 0, connections: 0 });
    clock.tick(2000);
    status.log('a client left');
    status.stop();
    expect(written).to.deep.equal(['wakechain: a client left\n']);
  });
});
