import { Writable } from 'node:stream';
import { expect } from 'chai';
import { Outlet } from '../../lib/nbd/outlet.js';

/** Takes what is written at once, or keeps it back until it is told to go on. */
class Sink extends Writable {
  readonly writes: Buffer[] = [];
  slow = false;
  private next: (() => void) | null = null;

  override _write(chunk: Buffer, _encoding: string, then: () => void): void {
    // What is not copied here may be used again behind this.
    this.writes.push(Buffer.from(chunk));
    if (this.slow) this.next = then;
    else then();
  }

  goOn(): void {
    const { next } = this;
    this.next = null;
    next?.();
  }

  get all(): string {
    return Buffer.concat(this.writes).toString('latin1');
  }
}

function put(outlet: Outlet, text: string): void {
  const at = outlet.room(text.length + 3);
  outlet.buffer.write(text, at);
  outlet.giveBack(3);
}

describe('Outlet', () => {
  it('sends what was gathered with one write', () => {
    const sink = new Sink();
    const outlet = new Outlet(sink);
    for (const text of ['a', 'bc', 'def']) put(outlet, text);
    outlet.append(Buffer.from('ghi'), null);
    expect(sink.writes).to.have.lengthOf(0);
    outlet.flush();
    outlet.flush();
    expect([sink.writes.length, sink.all]).to.deep.equal([1, 'abcdefghi']);
  });

  it('sends large payloads from where they are, in order, and tells when they were sent', async () => {
    const sink = new Sink();
    const outlet = new Outlet(sink);
    const large = Buffer.alloc(100_000, 'x');
    let sent = 0;
    put(outlet, 'a');
    outlet.append(large, () => sent++);
    put(outlet, 'b');
    outlet.append(large, () => sent++);
    outlet.append(Buffer.from('small'), () => sent++);
    expect(sent).to.equal(1);
    outlet.flush();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).to.equal(3);
    expect(sink.all).to.equal(`a${'x'.repeat(100_000)}b${'x'.repeat(100_000)}small`);
  });

  it('gives a stream Buffers, of any memory, and leaves what it was given as it was', () => {
    const written: unknown[] = [];
    const sink = new Writable({ write: (chunk, _encoding, then) => (written.push(chunk), then()) });
    const growable = new Uint8Array(new ArrayBuffer(100_000, { maxByteLength: 200_000 }), 10, 50_000).fill(7);
    new Outlet(sink).append(growable, null);
    expect(Object.getPrototypeOf(growable)).to.equal(Uint8Array.prototype);
    expect(Buffer.isBuffer(written[0]) && written[0].equals(growable)).to.equal(true);
  });

  it('sends a large payload at once, behind what was gathered', () => {
    const sink = new Sink();
    const outlet = new Outlet(sink);
    put(outlet, 'a');
    outlet.append(Buffer.alloc(100_000, 'x'), null);
    outlet.append(Buffer.alloc(40_000, 'y'), null);
    expect(sink.all).to.equal(`a${'x'.repeat(100_000)}${'y'.repeat(40_000)}`);
  });

  it('lets go of what is not sent any more (P3)', async () => {
    const sink = new Sink();
    sink.slow = true;
    sink.on('error', () => undefined);
    const outlet = new Outlet(sink);
    let gone = 0;
    for (let i = 0; i < 3; i++) outlet.append(Buffer.alloc(100_000), () => gone++);
    sink.destroy();
    sink.goOn();
    await new Promise((resolve) => setImmediate(resolve));
    expect([gone, sink.writes.length]).to.deep.equal([3, 1]);
  });

  it('does not use memory again that was not sent (P2)', async () => {
    const sink = new Sink();
    sink.slow = true;
    const outlet = new Outlet(sink);
    let expected = '';
    for (let i = 0; i < 3000; i++) {
      const text = `message ${String(i)};`;
      expected += text;
      put(outlet, text);
      if (i % 7 === 0) outlet.flush();
    }
    outlet.flush();
    expect(outlet.unsent).to.be.greaterThan(0);
    sink.slow = false;
    sink.goOn();
    await new Promise((resolve) => setImmediate(resolve));
    expect([sink.all === expected, outlet.unsent]).to.deep.equal([true, 0]);
  });
});
