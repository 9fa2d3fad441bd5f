import { expect } from 'chai';
import { rivals } from '../../../lib/compare/index.js';

describe('polling', () => {
  for (const { name, poll } of rivals) {
    if (poll === undefined) continue;
    it(`collects what has become ready, each once, before it is waited for and after, under ${name}`, async () => {
      const polling = await poll(6);
      if ('cannot' in polling) throw new Error(polling.cannot);
      polling.signal(4);
      polling.signal(1);
      expect([...(await polling.wait())].sort()).to.deep.equal([1, 4]);
      const waiting = polling.wait();
      polling.signal(4);
      polling.signal(0);
      const found = new Set(await waiting);
      while (found.size < 2) for (const event of await polling.wait()) found.add(event);
      expect([...found].sort()).to.deep.equal([0, 4]);
    });
  }
});
