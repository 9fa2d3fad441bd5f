import { expect } from 'chai';
import { firstWindow, nextWindow, SequentialStreams } from '../../lib/layers/sequential-streams.js';

const KiB = 1024;

describe('SequentialStreams', () => {
  it('knows a read that begins where one has ended', () => {
    const streams = new SequentialStreams(4);
    expect([streams.advance(0, 10), streams.advance(11, 20)]).to.deep.equal([null, null]);
    expect(streams.advance(10, 11)).to.be.an('object');
  });

  it('keeps what is known of a stream from read to read, apart from that of others', () => {
    const streams = new SequentialStreams(4);
    for (const position of [0, 100]) streams.advance(position, position + 10);
    const [first, second] = [streams.advance(10, 20), streams.advance(110, 120)];
    expect(first).not.to.equal(second);
    expect([streams.advance(20, 30), streams.advance(120, 130)].map((each) => each === first)).to.deep.equal([
      true,
      false,
    ]);
  });

  it('expects nobody twice at one place', () => {
    const streams = new SequentialStreams(4);
    streams.advance(0, 10);
    streams.advance(10, 20);
    expect(streams.advance(10, 20)).to.equal(null);
  });

  it('forgets the stream that has been idle for longest', () => {
    const streams = new SequentialStreams(2);
    streams.advance(0, 10);
    streams.advance(100, 110);
    streams.advance(10, 20);
    streams.advance(200, 210);
    expect([streams.advance(20, 30) === null, streams.advance(110, 120)]).to.deep.equal([false, null]);
  });
});

describe('firstWindow', () => {
  for (const [length, most, window] of [
    [4 * KiB, 128 * KiB, 16 * KiB],
    [5 * KiB, 128 * KiB, 16 * KiB],
    [32 * KiB, 128 * KiB, 64 * KiB],
    [33 * KiB, 128 * KiB, 128 * KiB],
    [512, 4 * KiB, KiB],
  ] as const) {
    it(`of reads of ${String(length)} bytes is ${String(window)} of at most ${String(most)}, as Linux's is`, () => {
      expect(firstWindow(length, most)).to.equal(window);
    });
  }
});

describe('nextWindow', () => {
  it('grows by four, then by two, up to the most, as Linux’s does', () => {
    const windows = [4 * KiB];
    while (windows.length < 6) windows.push(nextWindow(windows.at(-1) ?? 0, 128 * KiB));
    expect(windows).to.deep.equal([4, 16, 32, 64, 128, 128].map((size) => size * KiB));
  });
});
