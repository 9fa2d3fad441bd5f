import { PassThrough, Readable } from 'node:stream';
import { expect } from 'chai';
import { allOf } from '../../lib/event/all-of.js';
import { anyOf } from '../../lib/event/any-of.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { reading } from '../../lib/node/reading.js';
import { codeOf, turns } from '../event/support.js';
import { abortable, rejection } from '../sync/kit.js';

const EVENTS = ['readable', 'end', 'error', 'close', 'data'];
const listeners = (stream: PassThrough): number[] => EVENTS.map((event) => stream.listenerCount(event));
const text = (chunk: Uint8Array | null): string | null => (chunk === null ? null : new TextDecoder().decode(chunk));

describe('reading', () => {
  it('reads what is there, or when it has come, and null at the end', async () => {
    const stream = new PassThrough();
    const before = listeners(stream);
    stream.write('ab');
    expect(text(await reading(stream))).to.equal('ab');
    const waiting = reading(stream).promise();
    stream.end('cd');
    expect([text(await waiting), await reading(stream), await reading(stream)]).to.deep.equal(['cd', null, null]);
    expect(listeners(stream)).to.deep.equal(before);
  });

  it('reads so many bytes, also more than the stream keeps, and fewer only at the end', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const chunks = Array.from({ length: 10 }, (_, i) => 'abcdefghij'.slice(i, i + 1));
    const writing = (async (): Promise<void> => {
      for (const chunk of chunks) await new Promise((resolve) => stream.write(chunk, resolve));
      stream.end();
    })();
    const read = [];
    for (const size of [1, 6, 2, 5, 1]) read.push(text(await reading(stream, { size })));
    await writing;
    expect(read).to.deep.equal(['a', 'bcdefg', 'hi', 'j', null]);
  });

  it('reads first come, first served, with one listener of each kind (W6)', async () => {
    const stream = new PassThrough();
    const before = listeners(stream);
    const all = [3, 1, 2].map((size) => reading(stream, { size }).promise());
    await turns(1);
    expect(EVENTS.map((event, i) => stream.listenerCount(event) - (before[i] ?? 0))).to.deep.equal([1, 1, 1, 1, 0]);
    for (const chunk of ['a', 'bc', 'def']) {
      stream.write(chunk);
      await turns(1);
    }
    expect((await Promise.all(all)).map(text)).to.deep.equal(['abc', 'd', 'ef']);
    await turns(1);
    expect(listeners(stream)).to.deep.equal(before);
  });

  it('of a choice reads only when it wins, and puts back what nobody has use for (E9)', async () => {
    const [one, two] = [new PassThrough(), new PassThrough()];
    const before = listeners(one);
    for (const stream of [one, two]) stream.write('abc');
    const chosen = anyOf({ one: reading(one, { size: 2 }), two: reading(two, { size: 2 }) });
    expect([chosen.value.name, text(chosen.value.value), two.readableLength]).to.deep.equal(['one', 'ab', 3]);
    const both = allOf([reading(two, { size: 2 }), new Completion()]);
    expect(two.readableLength).to.equal(1);
    both.cancel();
    expect([two.readableLength, text(await reading(two))]).to.deep.equal([3, 'abc']);
    const { signal, abort } = abortable();
    const waiting = [reading(one, { size: 9 }), reading(one, { size: 9, signal }), reading(one, { size: 9, timeoutMs: 1 })]; // prettier-ignore
    const settled = waiting.map((each) => rejection(each.promise()));
    waiting[0]?.cancel();
    abort('enough');
    const codes = (await Promise.all(settled)).map((error) => (error as { code?: string }).code ?? error);
    expect(codes).to.deep.equal(['ABORT_ERR', 'enough', 'ERR_TIMEOUT']);
    await turns(1);
    expect([one.readableLength, listeners(one)]).to.deep.equal([1, before]);
  });

  it('the last of it too is put back, before the end is told (E9)', async () => {
    const stream = new PassThrough();
    stream.end('ab');
    await turns(1);
    const lost = firstOf([allOf([reading(stream), new Completion()]), Promise.resolve('other')]);
    expect([await lost, text(await reading(stream)), await reading(stream)]).to.deep.equal(['other', 'ab', null]);
  });

  it('fails with the stream, or when it closes before its end, at once and later', async () => {
    const [broken, closed] = [new PassThrough(), new PassThrough()];
    const before = listeners(new PassThrough());
    const waiting = [broken, closed].map((stream) => rejection(reading(stream).promise()));
    broken.destroy(new Error('e'));
    closed.destroy();
    for (const errors of [
      await Promise.all(waiting),
      await Promise.all([broken, closed].map((stream) => rejection(reading(stream).promise()))),
    ]) {
      expect([String(errors[0]), (errors[1] as { code: string }).code]).to.deep.equal([
        'Error: e',
        'ERR_STREAM_CLOSED',
      ]);
    }
    await turns(1);
    expect([broken, closed].map(listeners)).to.deep.equal([before, before]);
  });

  it('reads objects, one at a time', async () => {
    const stream = Readable.from([{ a: 1 }, { a: 2 }]);
    const read = [await reading<object>(stream), await reading<object>(stream), await reading<object>(stream)];
    expect(read).to.deep.equal([{ a: 1 }, { a: 2 }, null]);
  });

  it('refuses what is no size', () => {
    expect(codeOf(() => reading(new PassThrough(), { size: 0 }))).to.equal('ERR_COUNT');
    expect(codeOf(() => reading(new PassThrough(), { timeoutMs: -1 }))).to.equal('ERR_DELAY');
  });

  it('gives back several in the order in which they were read (E9)', async () => {
    const stream = new PassThrough();
    stream.write('abc');
    const fails = new Completion<null>();
    const all = allOf([reading(stream, { size: 1 }), reading(stream, { size: 1 }), fails]);
    await turns();
    fails.fail('no use');
    expect([all.error, text(await reading(stream))]).to.deep.equal(['no use', 'abc']);
  });
});
