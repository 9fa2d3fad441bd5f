import { expect } from 'chai';
import { allOf } from '../../lib/event/all-of.js';
import { anyOf } from '../../lib/event/any-of.js';
import { Completion } from '../../lib/event/completion.js';
import { firstOf } from '../../lib/event/first-of.js';
import { watch } from '../../lib/event/waitable.js';
import { listOf, namesOf } from '../../lib/event/named.js';
import { codeOf } from './support.js';

const pair = (): { a: Completion<number>; b: Completion<string> } => ({
  a: new Completion<number>(),
  b: new Completion<string>(),
});

describe('children by name', () => {
  it('have their values by name in allOf (E5)', () => {
    const { a, b } = pair();
    const all = allOf({ a, b });
    b.complete('B');
    a.complete(1);
    expect([all.value, Object.keys(all.value), all.children.length]).to.deep.equal([{ a: 1, b: 'B' }, ['a', 'b'], 2]);
  });

  it('of none complete allOf with nothing', () => {
    expect(allOf({}).value).to.deep.equal({});
  });

  it('have any name, __proto__ too', () => {
    const all = allOf({ ['__proto__']: Promise.resolve(1), a: Promise.resolve(2) });
    return all.then((values) => expect(Object.entries(values)).to.deep.equal([['__proto__', 1], ['a', 2]])); // prettier-ignore
  });

  it('fail allOf with the first error in time, and are cancelled with the rest (E5)', () => {
    const { a, b } = pair();
    const all = allOf({ a, b }, { onFailure: 'cancel' });
    b.fail('b');
    expect([all.error, a.state]).to.deep.equal(['b', 'cancelled']);
  });

  it('tell which of them anyOf took, and firstOf (E5)', () => {
    for (const choose of [anyOf, firstOf]) {
      const { a, b } = pair();
      const chosen = choose({ a, b });
      b.complete('B');
      expect([chosen.value, a.state]).to.deep.equal([{ name: 'b', value: 'B' }, 'cancelled']);
    }
  });

  it('fail anyOf when all have failed, and firstOf at the first (E5)', () => {
    const { a, b } = pair();
    const any = anyOf({ a, b });
    const first = firstOf({ a: new Completion(), b: watch(b) });
    b.fail('b');
    expect([any.state, first.error]).to.deep.equal(['pending', 'b']);
    a.fail('a');
    expect((any.error as AggregateError).errors).to.deep.equal(['a', 'b']);
  });

  it('are refused by what cannot be waited for, and those before it cancelled (E2)', () => {
    const { a } = pair();
    expect(codeOf(() => allOf({ a, b: 1 } as never))).to.equal('ERR_WAITABLE');
    expect(a.state).to.equal('cancelled');
  });
});

describe('namesOf and listOf', () => {
  it('tell a list from names', () => {
    const { a, b } = pair();
    expect([namesOf([a, b]), namesOf({ a, b }), listOf([a]), listOf({ b })]).to.deep.equal([
      null,
      ['a', 'b'],
      [a],
      [b],
    ]);
  });
});
