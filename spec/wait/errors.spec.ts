import { expect } from 'chai';
import {
  AbortError,
  ArgumentError,
  ArgumentRangeError,
  checkDelay,
  LONGEST_DELAY_MS,
  StateError,
  TimeoutError,
  WakeError,
} from '../../lib/wait/errors.js';
import { thrownBy } from './recorder.js';

describe('the errors of the waiting code', () => {
  const kinds: [error: Error & { code: string }, name: string, code: string, base: new () => Error][] = [
    [new ArgumentError('ERR_SOME', 'why'), 'ArgumentError', 'ERR_SOME', TypeError],
    [new ArgumentRangeError('ERR_SOME', 'why'), 'ArgumentRangeError', 'ERR_SOME', RangeError],
    [new StateError('ERR_SOME', 'why'), 'StateError', 'ERR_SOME', Error],
    [new AbortError('why'), 'AbortError', 'ABORT_ERR', Error],
    [new TimeoutError(5), 'TimeoutError', 'ERR_TIMEOUT', Error],
    [new WakeError([], 0), 'WakeError', 'ERR_WAKE', AggregateError as unknown as new () => Error],
  ];
  for (const [error, name, code, base] of kinds) {
    it(`${name} has a name, a stable code and the platform's base`, () => {
      expect(error.name).to.equal(name);
      expect(error.code).to.equal(code);
      expect(error).to.be.instanceOf(base);
      expect(error.stack).to.be.a('string');
    });
  }
});

describe('AbortError', () => {
  it('keeps the reason as its cause', () => {
    const cause = { any: 'value' };
    expect(new AbortError('why', { cause }).cause).to.equal(cause);
  });

  it('says what happened when nobody else does', () => {
    expect(new AbortError().message).to.equal('The operation was cancelled');
    expect(new AbortError()).not.to.have.property('cause');
  });
});

describe('TimeoutError', () => {
  it('tells the time that was given', () => {
    const error = new TimeoutError(50);
    expect(error.timeoutMs).to.equal(50);
    expect(error.message).to.include('50 ms');
  });
});

describe('WakeError', () => {
  it('holds all errors, in order, and the count of the woken (W5)', () => {
    const errors = [new Error('one'), 'two'];
    const error = new WakeError(errors, 3);
    expect(error.errors).to.deep.equal(errors);
    expect(error.woken).to.equal(3);
    expect(error.message).to.include('2 wake functions threw');
  });
});

describe('checkDelay', () => {
  for (const ms of [0, 1, 0.5, LONGEST_DELAY_MS]) {
    it(`takes ${ms}`, () => {
      checkDelay('timeoutMs', ms);
    });
  }

  for (const ms of [-1, NaN, Infinity, LONGEST_DELAY_MS + 1]) {
    it(`refuses ${ms}, naming it`, () => {
      const error = thrownBy(() => checkDelay('timeoutMs', ms));
      expect(error).to.be.instanceOf(ArgumentRangeError).and.include({ code: 'ERR_DELAY' });
      expect((error as Error).message)
        .to.include('timeoutMs')
        .and.include(String(ms));
    });
  }
});
