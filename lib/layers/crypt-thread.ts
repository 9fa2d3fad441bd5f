/** What runs in a thread of a Crypt: sectors, from one place into another. Started by `crypt-threads.ts`. */
import { serveTasks } from '../threads/serve-tasks.js';
import { ENCRYPT } from './crypt-threads.js';
import { Xts } from './xts.js';

serveTasks((own) => {
  const xts = new Xts(own as Uint8Array);
  return ({ kind, fromStart, toStart, length, position }, from, to) => {
    xts.sectors(kind === ENCRYPT, from, fromStart, to, toStart, length, position);
    return length;
  };
});
