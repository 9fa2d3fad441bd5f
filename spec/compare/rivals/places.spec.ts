import { expect } from 'chai';
import { Places, type Waiter } from '../../../lib/compare/rivals/places.js';

class Named implements Waiter {
  readonly io: Waiter['io'];
  readonly name: string;
  readonly went: string[];

  constructor(name: string, went: string[], io: Partial<Waiter['io']> = {}) {
    this.name = name;
    this.went = went;
    this.io = { position: 0, length: 512, ...io };
  }

  go(run: readonly this[]): void {
    this.went.push(run.map(({ name }) => name).join('+'));
  }
}

describe('Places', () => {
  it('lets as many go as there are places, and the others first come, first served', () => {
    const went: string[] = [];
    const places = new Places<Named>(2, 0);
    for (const name of ['a', 'b', 'c', 'd']) places.enter(new Named(name, went));
    expect(went).to.deep.equal(['a', 'b']);
    for (let i = 0; i < 3; i++) places.release();
    expect(went).to.deep.equal(['a', 'b', 'c', 'd']);
    places.enter(new Named('e', went));
    expect(went.at(-1)).to.equal('e');
  });

  it('lets who waits leave, once', () => {
    const went: string[] = [];
    const places = new Places<Named>(1, 0);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Named(name, went)) as [Named, Named, Named];
    for (const each of [a, b, c]) places.enter(each);
    expect([places.leave(b), places.leave(b), places.leave(a)]).to.deep.equal([true, false, false]);
    places.release();
    expect(went).to.deep.equal(['a', 'c']);
  });

  it('sends along those that adjoin, of one kind and up to the limit (N12)', () => {
    const went: string[] = [];
    const places = new Places<Named>(1, 2048);
    const waiting: [name: string, position: number, operation?: string][] = [
      ['running', 9999],
      ['a', 0],
      ['c', 1024],
      ['write', 512, 'write'],
      ['b', 512],
      ['d', 1536],
      ['e', 2048],
    ];
    for (const [name, position, operation = 'read'] of waiting)
      places.enter(new Named(name, went, { position, operation }));
    for (let i = 0; i < 3; i++) places.release();
    expect(went).to.deep.equal(['running', 'a+b+c+d', 'write', 'e']);
  });
});
