import { expect } from 'chai';
import type { When } from '../../../lib/compare/blueprint.js';
import { Defer } from '../../../lib/compare/layers/defer.js';
import { MemoryDevice, PAGE_SIZE, PagePool } from '../../../lib/io/index.js';

describe('Defer', () => {
  const pages = new PagePool().allocate(PAGE_SIZE);
  const told = async (when: When): Promise<string[]> => {
    const request = new Defer(new MemoryDevice({ size: PAGE_SIZE }), when).read(pages, { position: 0 });
    const events = [request.settled ? 'settled' : 'pending'];
    const microtask = Promise.resolve().then(() => events.push(`microtask ${request.state}`));
    const task = new Promise<void>((resolve) => {
      setImmediate(() => {
        events.push(`task ${request.state}`);
        resolve();
      });
    });
    await Promise.all([microtask, task, request]);
    return events;
  };

  const cases: [when: When, where: string, ...found: RegExp[]][] = [
    ['inline', 'in the same turn', /settled/, /microtask done/, /task done/],
    ['microtask', 'in a microtask', /pending/, /microtask done/, /task done/],
    ['task', 'in a task', /pending/, /microtask (?!done)/, /task done/],
  ];
  for (const [when, where, ...found] of cases) {
    it(`tells those above ${where} (N6)`, async () => {
      const events = await told(when);
      expect(events).to.have.length(found.length);
      for (const [i, pattern] of found.entries()) expect(events[i]).to.match(pattern);
    });
  }
});
