import { expect } from 'chai';

// A parameter that is compared is used once.
/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `same<A, B>(true)` compiles only when both types are the same. */
export const same = <A, B>(yes: Same<A, B>): void => void expect(yes).to.equal(true);
