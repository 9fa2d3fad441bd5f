import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseDescription } from '../../lib/stack/description.js';

describe('parseDescription', () => {
  it('returns what it was given, when it is a description', () => {
    const description = { strategy: 'waitQueue', device: { type: 'pass', lower: { type: 'null', size: 4096 } } };
    expect(parseDescription(description)).to.deep.equal(description);
  });

  it('names every field that is wrong', () => {
    const wrong = { device: { type: 'queue', depth: 0, lower: { type: 'file', path: '' } } };
    expect(() => parseDescription(wrong)).to.throw(
      /device\.lower\.path: .*; device\.depth: |device\.depth: .*; device\.lower\.path: /,
    );
  });

  const half = { start: 0, length: 512 };
  for (const [name, parts, taken] of [
    ['a superblock over whole devices', [{}, {}], true],
    ['no superblock over a part of one by its start', [{}, { start: half.start }], false],
    ['no superblock over a part of one by its length', [{ length: half.length }, {}], false],
    ['no superblock over a part of one by both', [half, {}], false],
  ] as const) {
    it(`gives a linear ${name} (I6)`, () => {
      const segments = parts.map((part) => ({ device: { type: 'memory', size: 4096 }, ...part }));
      const description = { device: { type: 'linear', segments, superblock: true } };
      if (taken) expect(parseDescription(description)).to.deep.equal(description);
      else expect(() => parseDescription(description)).to.throw('Expected segments that are whole devices');
    });
  }

  /** The message for what is no description. */
  const complaintOf = (device: unknown): string => {
    try {
      parseDescription({ device });
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };

  /** What is expected of a field that there is none of: those that there are. */
  const fieldsOf = (device: object): string[] =>
    (/none: Invalid key: Expected one of (.*?)(;|$)/.exec(complaintOf({ ...device, none: 1 }))?.[1] ?? '').split(', ');

  it('knows the types and fields that docs/stacks.md tells of, and no others', () => {
    const [types = ''] = /\(.*\)/.exec(complaintOf({ type: 'none' })) ?? [];
    const known = [...types.matchAll(/"([\w-]+)"/g)].map(([, type = '']) => type);
    const [devices = '', faults = ''] = readFileSync('docs/stacks.md', 'utf8').split('## Devices')[1]?.split('A rule of') ?? []; // prettier-ignore
    const told = new Map<string, string[]>();
    let last: string[] = [];
    for (const [, type, field = ''] of devices.matchAll(/^\| (?:`([\w-]+)`)? *\| `(\w+)`/gm)) {
      if (type !== undefined) told.set(type, (last = []));
      last.push(field);
    }
    expect([...told.keys()]).to.have.members(known);
    for (const [type, fields] of told) {
      expect([...fields, 'type', 'name'], type).to.have.members(fieldsOf({ type }));
    }
    const rule = /rules\.0\.none: Invalid key: Expected one of (.*?)(;|$)/.exec(complaintOf({ type: 'fault', lower: { type: 'null' }, rules: [{ kind: 'hang', none: 1 }] })); // prettier-ignore
    const toldOfRules = [...faults.matchAll(/^\| `(\w+)`/gm)].map(([, field]) => field);
    expect(toldOfRules).to.have.members((rule?.[1] ?? '').split(', '));
  });
});
