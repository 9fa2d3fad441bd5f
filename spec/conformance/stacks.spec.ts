import { MemoryDevice } from '../../lib/devices/memory.js';
import { PagePool } from '../../lib/io/pages.js';
import { deviceContract } from './device-contract.js';
import { stacks } from './stacks.js';

describe('the stacks over memory', () => {
  for (const { name, build } of stacks) {
    describe(name, () => {
      deviceContract(
        name,
        ({ strategy }) =>
          build({
            disk: (blocks = 32) => new MemoryDevice({ size: blocks * 512, ...(strategy && { strategy }) }),
            pool: new PagePool(),
          }),
        100,
      );
    });
  }
});
