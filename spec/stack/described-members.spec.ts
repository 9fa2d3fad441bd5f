import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStack } from '../../lib/stack/index.js';

describe('checkAllDescribed', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wakechain-described-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const paths = (names: string): string[] => names.split('').map((name) => join(folder, name));
  const over = (type: 'mirror' | 'parity', names: string, size?: number) => ({
    device: {
      type,
      members: paths(names).map((path) => ({ type: 'file', path, ...(size !== undefined && { size }) })),
    },
  });

  for (const type of ['mirror', 'parity'] as const) {
    it(`refuses to open a ${type} of which members were left out, and writes nothing (I13)`, async () => {
      const options = { create: true, blank: true };
      await (await openStack(over(type, 'abc', 1 << 20), options)).close();
      const before = await Promise.all(paths('abc').map((path) => readFile(path)));
      for (const degraded of [false, true]) {
        const refusal = await openStack(over(type, 'ab'), { degraded }).then(
          () => null,
          (error: unknown) => error as Error & { cause: { code: string } },
        );
        expect(refusal?.message).to.match(
          new RegExp(
            `^device\\.members \\(${type}\\): members must name all 3 of the ${type} .*, also those that are gone, got 2$`,
          ),
        );
        expect(refusal?.cause.code).to.equal('ERR_MEMBERS');
      }
      const after = await Promise.all(paths('abc').map((path) => readFile(path)));
      expect(after.every((bytes, i) => bytes.equals(before[i] as Buffer))).to.equal(true);
    });

    it(`refuses it too where the first that was described is no member, or cannot be read (I13)`, async () => {
      await (await openStack(over(type, 'abc', 1 << 20), { create: true, blank: true })).close();
      await writeFile(join(folder, 'd'), new Uint8Array(1 << 20));
      const [member, other] = over(type, 'ad').device.members;
      const unreadable = { type: 'fault', lower: other, rules: [{ kind: 'error', operations: ['read'] }] };
      for (const first of [other, unreadable]) {
        const refusal: unknown = await openStack({ device: { type, members: [first, member] } }).catch(
          (error: unknown) => error,
        );
        expect(refusal).to.have.nested.property('cause.code', 'ERR_MEMBERS');
      }
    });

    it(`opens a ${type} of which a member that was described is gone (I13)`, async () => {
      await (await openStack(over(type, 'abc', 1 << 20), { create: true, blank: true })).close();
      await rm(join(folder, 'c'));
      const stack = await openStack(over(type, 'abc'), { degraded: true });
      expect(stack.missing.map(({ path }) => path)).to.deep.equal(['device.members.2']);
      await stack.close();
    });
  }
});
