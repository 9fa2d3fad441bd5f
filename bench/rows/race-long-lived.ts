import { EventEmitter } from 'node:events';
import { Completion, firstOf, watch } from '../../lib/event/index.js';
import { callbackOf, valueOf } from '../effects.js';
import { List, Node } from '../ideal-list.js';
import type { Contender, Row } from '../row.js';

/*
 * Sources that live as long as the program (a shutdown, a connection) against one that is made for the operation and
 * wins: `n` in all. Afterwards nothing may be left on those that lost.
 */

const lists: Contender = {
  role: 'ideal',
  name: 'list entries, losers unlinked',
  prepare(n) {
    const longLived = Array.from({ length: n - 1 }, () => new List());
    return (times) => {
      for (let i = 0; i < times; i++) {
        const callback = callbackOf(i);
        const own = new List();
        const nodes = new Array<Node>(n);
        const won = (value: number): void => {
          for (let j = 0; j < nodes.length; j++) {
            const node = nodes[j]!;
            if (node.list !== null) node.list.remove(node);
          }
          callback(value);
        };
        for (let j = 0; j < n; j++) {
          const node = new Node(won);
          nodes[j] = node;
          (j === n - 1 ? own : longLived[j]!).add(node);
        }
        own.fire(valueOf(i));
      }
    };
  },
};

const ours: Contender = {
  role: 'ours',
  name: 'firstOf',
  prepare(n) {
    const longLived = Array.from({ length: n - 1 }, () => watch(new Completion<number>()));
    return (times) => {
      for (let i = 0; i < times; i++) {
        const callback = callbackOf(i);
        const own = new Completion<number>();
        firstOf([...longLived, own]).notify((race) => {
          callback(race.value);
        });
        own.complete(valueOf(i));
      }
    };
  },
};

const emitters: Contender = {
  role: 'peer',
  name: 'emitters by hand',
  prepare(n) {
    const longLived = Array.from({ length: n - 1 }, () => new EventEmitter());
    return (times) => {
      for (let i = 0; i < times; i++) {
        const callback = callbackOf(i);
        const own = new EventEmitter();
        const won = (value: number): void => {
          for (const source of longLived) source.off('done', won);
          own.off('done', won);
          callback(value);
        };
        for (const source of longLived) source.on('done', won);
        own.on('done', won);
        own.emit('done', valueOf(i));
      }
    };
  },
};

const promises: Contender = {
  role: 'used',
  name: 'Promise.race',
  lacks: 'leaves losers attached',
  prepare(n) {
    const longLived = Array.from({ length: n - 1 }, () => new Promise<number>(() => undefined));
    return async (times) => {
      for (let i = 0; i < times; i++) {
        let resolve!: (value: number) => void;
        const own = new Promise<number>((give) => {
          resolve = give;
        });
        const race = Promise.race([...longLived, own]);
        resolve(valueOf(i));
        callbackOf(i)(await race);
      }
    };
  },
};

export const raceLongLived: Row = {
  name: 'race-long-lived',
  operation: 'race one fresh source against n − 1 that live on',
  cases: [
    { n: 2, reach: 1.3 },
    { n: 16, reach: 1.3 },
  ],
  contenders: [lists, ours, emitters, promises],
  inTheWay: 'as all-of, for the compound itself (16 fields) and its children; nothing is retained.',
};
