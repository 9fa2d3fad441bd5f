/** What runs in the thread of a file: its transfers, one after the other, by calls that block. Started by `transfer-thread.ts`. */
import { readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { serveTasks } from '../threads/serve-tasks.js';
import { READ } from './transfer-thread.js';

serveTasks((own) => {
  const fd = own as number;
  return ({ kind, fromStart, toStart, length, position }, from, to) => {
    try {
      if (kind === READ) return readSync(fd, to, toStart, length, position);
      return writeSync(fd, from, fromStart, length, position);
    } catch (error) {
      return (error as NodeJS.ErrnoException).errno ?? -constants.errno.EIO;
    }
  };
});
