import { expect } from 'chai';
import { PagePool } from '../../lib/io/pages.js';
import { CacheLines, type Line } from '../../lib/layers/cache-lines.js';
import { WriteBack } from '../../lib/layers/write-back.js';
import { FaultyDevice } from '../conformance/faulty-device.js';

function setUp() {
  const disk = new FaultyDevice();
  const lines = new CacheLines(8, 4096, new PagePool({ maxBytes: 1 << 20 }));
  const writeBack = new WriteBack(lines, disk);
  const dirty = (number: number): Line => {
    const line = lines.add(number);
    if (line === undefined) throw new Error('There was no room');
    writeBack.mark(line);
    return line;
  };
  return { disk, lines, writeBack, dirty };
}

describe('WriteBack', () => {
  it('counts what is dirty, each line once', () => {
    const { writeBack, dirty } = setUp();
    writeBack.mark(dirty(0));
    dirty(1);
    expect(writeBack.dirty).to.equal(2);
  });

  it('brings a line down where it belongs', () => {
    const { disk, writeBack, dirty } = setUp();
    const cleaned = writeBack.clean(dirty(2));
    disk.answerAll();
    expect([cleaned.value, disk.log, writeBack.dirty]).to.deep.equal([null, ['write 8192+4096'], 0]);
  });

  it('has nothing to do for a clean line', () => {
    const { disk, lines, writeBack, dirty } = setUp();
    const line = dirty(0);
    void writeBack.clean(line);
    disk.answerAll();
    disk.log.length = 0;
    expect([writeBack.clean(line).value, writeBack.cleanAll(lines).value, disk.log]).to.deep.equal([null, null, []]);
  });

  it('begins the next write of a line when the one under way has ended', () => {
    const { disk, writeBack, dirty } = setUp();
    const line = dirty(0);
    void writeBack.clean(line);
    writeBack.mark(line);
    const second = writeBack.clean(line);
    expect([disk.pending.length, second.state]).to.deep.equal([1, 'pending']);
    disk.answerAll();
    expect([disk.log.length, second.value]).to.deep.equal([2, null]);
  });

  it('waits for what is on its way down already (I7)', () => {
    const { disk, lines, writeBack, dirty } = setUp();
    void writeBack.clean(dirty(0));
    const cleaned = writeBack.cleanAll(lines);
    expect([writeBack.dirty, cleaned.state]).to.deep.equal([0, 'pending']);
    disk.answerAll();
    expect([disk.log.length, cleaned.value]).to.deep.equal([1, null]);
  });

  it('keeps a line dirty whose write failed, and tells the first error of many', () => {
    const { disk, lines, writeBack, dirty } = setUp();
    for (const number of [0, 1, 2]) dirty(number);
    const cleaned = writeBack.cleanAll(lines);
    disk.pending[1]?.fail('ENOSPC');
    disk.answerAll();
    expect([cleaned.value?.code, writeBack.dirty]).to.deep.equal(['ENOSPC', 1]);
  });

  it('keeps a line dirty that went down only in part', () => {
    const { disk, writeBack, dirty } = setUp();
    const cleaned = writeBack.clean(dirty(0));
    disk.only.answer({ missing: [{ offset: 512, length: 3584 }] });
    expect([cleaned.value?.code, writeBack.dirty]).to.deep.equal(['EIO', 1]);
  });

  it('trims from the least recently used on, down to what may stay', () => {
    const { disk, writeBack, dirty } = setUp();
    for (const number of [3, 1, 2]) dirty(number);
    writeBack.trim(1);
    expect(disk.log).to.deep.equal(['write 12288+4096', 'write 4096+4096']);
    disk.answerAll();
  });
});
