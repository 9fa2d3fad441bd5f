import { expect } from 'chai';
import { IoError } from '../../lib/io/io-error.js';
import { IntentLog } from '../../lib/layers/intent-log.js';
import { ParityDoubts } from '../../lib/layers/parity-doubts.js';
import { ParityMap } from '../../lib/layers/parity-map.js';

describe('ParityDoubts', () => {
  // Three members; of stripe 1 the parity is on member 1, and the first data on member 2.
  const map = new ParityMap(3, 1024, 8);
  let log: IntentLog;
  let doubts: ParityDoubts;
  beforeEach(() => {
    log = new IntentLog(Uint8Array.of(0b11), () => undefined);
    doubts = new ParityDoubts(map, log, (stripe) => Math.floor(stripe / 4));
    doubts.add(1, { member: 0, within: 256, length: 512 });
  });
  const isClean = (): boolean => {
    log.flushEnded(log.flushBegins(), true);
    return !log.regions.includes(0);
  };

  it('tells where on the array they are, and what they are about', () => {
    doubts.add(2, { member: 1, within: 0, length: 256 });
    expect([doubts.size, doubts.all]).to.deep.equal([2, [{ member: 0, position: 3072 + 256, length: 512 }, { member: 1, position: 4096, length: 256 }]]); // prettier-ignore
    expect([[0, 256], [0, 257], [767, 1], [768, 256]].map(([within = 0, length = 0]) => doubts.about(1, within, length).length)).to.deep.equal([0, 1, 1, 0]); // prettier-ignore
    expect(doubts.about(0, 0, 1024)).to.deep.equal([]);
    expect(doubts.certain(1, { member: 2, within: 128, length: 896 })).to.deep.equal([
      { member: 2, within: 128, length: 128 },
      { member: 2, within: 768, length: 256 },
    ]);
  });

  it('end where parity was made anew, and their region is dirty until the last has ended (I8)', () => {
    doubts.add(1, { member: 2, within: 512, length: 512 });
    expect(isClean()).to.equal(false);
    const whole = doubts.all;
    for (const [within, length] of [[0, 256], [0, 128]] as const) doubts.settle(1, within, length); // prettier-ignore
    expect(doubts.all).to.deep.equal(whole, 'they do not touch what was made anew');
    doubts.settle(1, 384, 256);
    expect(doubts.all.map(({ position, length }) => [position, length])).to.deep.equal([[3328, 128], [3712, 128], [2688, 384]]); // prettier-ignore
    doubts.settle(2, 0, 1024);
    doubts.settle(1, 0, 700);
    expect([doubts.size, isClean()]).to.deep.equal([1, false]);
    doubts.settle(1, 600, 424);
    expect([doubts.size, doubts.all, isClean()]).to.deep.equal([0, [], true]);
  });

  it('say why something is not computed, but for what has failed in another way', () => {
    const cause = new IoError('EIO');
    const error = doubts.error(1, 0, 1024, cause);
    expect([error?.code, error?.cause, error?.message.includes('Member 0 could not read the 512 bytes at 3328')]).to.deep.equal(['EIO', cause, true]); // prettier-ignore
    expect(doubts.error(1, 768, 256, cause)).to.equal(null);
    expect(doubts.error(1, 0, 1024, new IoError('ECANCELED'))).to.equal(null);
    expect(doubts.firstError()?.message).to.equal(error?.message);
    doubts.settle(1, 0, 1024);
    expect(doubts.firstError()).to.equal(null);
  });
});
