import { Writable } from 'node:stream';
import { expect } from 'chai';
import { Bar } from '../../lib/cli/bar.js';

describe('Bar', () => {
  it('shows how far something is on a terminal, and nothing elsewhere', () => {
    for (const isTTY of [true, false]) {
      let written = '';
      const stream = new Writable({
        write: (text: Buffer, _encoding, then) => then(void (written += text.toString())),
      });
      const bar = new Bar('checking', Object.assign(stream, { isTTY, columns: 80, cursorTo, clearLine }) as never);
      bar.stop();
      bar.update(1, 2);
      bar.update(2, 2);
      bar.stop();
      if (isTTY) expect(written).to.include('100% | checking');
      else expect(written).to.equal('');
    }
  });
});

function cursorTo(): void {
  // Where things stand on a screen is not looked at.
}

const clearLine = cursorTo;
