import { expect } from 'chai';
import * as v from 'valibot';
import { count, delay, fields, positive, rate, seed, share, some, text } from '../../lib/stack/fields.js';

/** What a schema says of a value. */
const complaints = (schema: v.GenericSchema, value: unknown): string[] =>
  (v.safeParse(schema, value).issues ?? []).map((issue) => `${v.getDotPath(issue) ?? 'top'}: ${issue.message}`);

describe('fields', () => {
  const schema = fields({ depth: count, name: v.optional(text), below: v.optional(fields({ size: positive })) });

  it('takes what has those it needs and no others', () => {
    expect(complaints(schema, { depth: 0, below: { size: 1 } })).to.deep.equal([]);
  });

  it('says of one that is missing what was expected (I6)', () => {
    expect(complaints(schema, { below: {} })).to.deep.equal([
      'depth: Missing: Expected number',
      'below.size: Missing: Expected number',
    ]);
    expect(complaints(fields({ lower: v.lazy(() => schema) }), {})).to.deep.equal([
      'lower: Missing: Expected a device',
    ]);
  });

  it('says of one that there is not which there are (I6)', () => {
    expect(complaints(schema, { depth: 1, nmae: 'x' })).to.deep.equal([
      'nmae: Invalid key: Expected one of depth, name, below',
    ]);
  });

  it('says what came in the place of an object (I6)', () => {
    expect(complaints(schema, 7)).to.deep.equal(['top: Invalid type: Expected Object but received 7']);
  });
});

describe('the values of fields', () => {
  const wrong: [name: string, schema: v.GenericSchema, values: [unknown, string][]][] = [
    ['count', count, [[-1, 'Expected >=0 but received -1'], [1.5, 'Expected a whole number up to 2^53 - 1 but received 1.5']]],
    ['positive', positive, [[0, 'Expected >=1 but received 0'], [2 ** 53, 'a whole number up to 2^53 - 1 but received 9007199254740992']]],
    ['seed', seed, [['7', 'Expected number but received "7"'], [0.5, 'a whole number']]],
    ['rate', rate, [[0, 'Expected >0 but received 0'], [Infinity, 'Expected a finite number but received Infinity']]],
    ['share', share, [[1.1, 'Expected <=1 but received 1.1']]],
    ['delay', delay, [[2 ** 31, 'Expected <=2147483647 but received 2147483648'], [NaN, 'Expected number but received NaN']]],
    ['text', text, [['', 'Expected >=1 but received 0'], [5, 'Expected string but received 5']]],
    ['some', some(count), [[[], 'Expected >=1 but received 0'], [5, 'Expected Array but received 5']]],
  ]; // prettier-ignore

  for (const [name, schema, values] of wrong) {
    it(`are refused with what came and what was expected: ${name} (I6)`, () => {
      for (const [value, says] of values) expect(complaints(schema, value).join()).to.include(says);
    });
  }

  it('are taken from the least to the most', () => {
    const right: [v.GenericSchema, unknown[]][] = [
      [count, [0, 2 ** 53 - 1]],
      [positive, [1]],
      [seed, [-5, 0]],
      [rate, [0.1]],
      [share, [0, 1]],
      [delay, [0, 0.5, 2 ** 31 - 1]],
      [text, [' ']],
      [some(count), [[1, 2]]],
    ];
    for (const [schema, values] of right)
      for (const value of values) expect(complaints(schema, value)).to.deep.equal([]);
  });
});
