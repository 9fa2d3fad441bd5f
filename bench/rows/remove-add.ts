import { EventEmitter } from 'node:events';
import { WaitEntry, WaitQueue } from '../../lib/wait/index.js';
import { alikeOf, alikeWakeFunctionOf, valueOf, type Callback } from '../effects.js';
import { List, Node } from '../ideal-list.js';
import type { Contender, Row } from '../row.js';
import { generator } from '../statistics.js';

/* One of `n` leaves, anywhere; a fresh one takes its place at the end, and is called once to see that it is there. */

const list: Contender = {
  role: 'ideal',
  name: 'unlink and a fresh node',
  prepare(n) {
    const source = new List();
    const nodes = Array.from({ length: n }, (_, i) => new Node(alikeOf(i)));
    for (const node of nodes) source.add(node);
    const random = generator(7);
    return (times) => {
      for (let i = 0; i < times; i++) {
        const at = random(n);
        source.remove(nodes[at]!);
        source.add((nodes[at] = new Node(alikeOf(i))));
        source.tail!.call(valueOf(i));
      }
    };
  },
};

const ours: Contender = {
  role: 'ours',
  name: 'queue.remove and add',
  prepare(n) {
    const source = new WaitQueue();
    const entries = Array.from({ length: n }, (_, i) => new WaitEntry(alikeWakeFunctionOf(i)));
    for (const entry of entries) source.add(entry);
    const random = generator(7);
    return (times) => {
      for (let i = 0; i < times; i++) {
        const at = random(n);
        source.remove(entries[at]!);
        const entry = (entries[at] = new WaitEntry(alikeWakeFunctionOf(i)));
        source.add(entry);
        entry.wake(entry, valueOf(i), source);
      }
    };
  },
};

const set: Contender = {
  role: 'peer',
  name: 'Set',
  prepare(n) {
    const source = new Set<{ call: Callback }>();
    const members = Array.from({ length: n }, (_, i) => ({ call: alikeOf(i) }));
    for (const member of members) source.add(member);
    const random = generator(7);
    return (times) => {
      for (let i = 0; i < times; i++) {
        const at = random(n);
        source.delete(members[at]!);
        const member = (members[at] = { call: alikeOf(i) });
        source.add(member);
        member.call(valueOf(i));
      }
    };
  },
};

const emitter: Contender = {
  role: 'used',
  name: 'EventEmitter',
  prepare(n) {
    const source = new EventEmitter().setMaxListeners(0);
    const make = (i: number): Callback => {
      const callback = alikeOf(i);
      return (value) => {
        callback(value);
      };
    };
    const listeners = Array.from({ length: n }, (_, i) => make(i));
    for (const listener of listeners) source.on('wake', listener);
    const random = generator(7);
    return (times) => {
      for (let i = 0; i < times; i++) {
        const at = random(n);
        source.off('wake', listeners[at]!);
        const listener = (listeners[at] = make(i));
        source.on('wake', listener);
        listener(valueOf(i));
      }
    };
  },
};

export const removeAdd: Row = {
  name: 'remove-add',
  operation: 'remove one in the middle of n and add another',
  cases: [{ n: 100_000, reach: 1.1 }],
  contenders: [list, ours, set, emitter],
  inTheWay: 'a longer entry.',
};
