import { expect } from 'chai';
import { Inlet } from '../../lib/nbd/inlet.js';
import { MessageReader } from '../../lib/nbd/message-reader.js';

describe('MessageReader', () => {
  it('reads what is asked for, in order, also what has come before', async () => {
    const reader: MessageReader = new MessageReader(() => inlet);
    const inlet: Inlet = new Inlet(reader);
    inlet.feed(Buffer.from('abcdef'));
    expect([String(await reader.read(2)), String(await reader.read(0)), String(await reader.read(3))]).to.deep.equal([
      'ab',
      '',
      'cde',
    ]);
    const later = reader.read(2);
    inlet.feed(Buffer.from('g'));
    expect(String(await later)).to.equal('fg');
  });

  it('rejects when nothing more will come, the read that waits and those that follow', async () => {
    const reader: MessageReader = new MessageReader(() => new Inlet(reader));
    const waiting = reader.read(1);
    const gone = new Error('gone');
    reader.fail(gone);
    reader.fail(new Error('again'));
    const errors = await Promise.all([waiting, reader.read(1)].map((each) => each.catch((error: unknown) => error)));
    expect(errors).to.deep.equal([gone, gone]);
  });
});
