/* Most of what stands here is for the compiler alone. */

import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { anyOf, type Completion, type Taking } from '../../lib/index.js';
import { drained, exited, finished, readable, reading, written, type Exit } from '../../lib/node/index.js';
import { same } from '../same.js';

describe('the types of lib/node', () => {
  it('give a stream what it brings, and a process how it ended', () => {
    const stream = new PassThrough();
    same<ReturnType<typeof readable>, Completion<boolean>>(true);
    same<ReturnType<typeof written>, Completion>(true);
    same<ReturnType<typeof drained>, Completion>(true);
    same<ReturnType<typeof finished>, Completion<unknown>>(true);
    same<ReturnType<typeof exited>, Completion<Exit>>(true);
    const bytes = reading(stream);
    same<typeof bytes, Taking<Uint8Array | null>>(true);
    const chosen = anyOf({ bytes, rows: reading<{ id: number }>(stream), more: readable(stream) });
    type Each =
      | { readonly name: 'bytes'; readonly value: Uint8Array | null }
      | { readonly name: 'rows'; readonly value: { id: number } | null }
      | { readonly name: 'more'; readonly value: boolean };
    same<(typeof chosen)['value'], Each>(true);
    chosen.cancel();
  });

  it('refuse what must not compile', () => {
    const uncalled = (): void => {
      const child = spawn('true');
      // @ts-expect-error a process is not a stream that is read
      reading(child);
      // @ts-expect-error a size is a number
      reading(new PassThrough(), { size: '4' });
      // @ts-expect-error a stream of a process has no exit
      exited(child.stdout);
      // @ts-expect-error a signal is named
      exited(child, { kill: 9 });
      // @ts-expect-error what is written is given
      written(new PassThrough());
      // @ts-expect-error what is no stream does not drain
      drained(new EventTarget());
    };
    expect(uncalled).to.be.a('function');
  });
});
