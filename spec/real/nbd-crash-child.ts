import { FileDevice } from '../../lib/devices/file.js';
import type { BlockDevice } from '../../lib/io/device.js';
import { PagePool } from '../../lib/io/pages.js';
import { Cache } from '../../lib/layers/cache.js';
import { Mirror } from '../../lib/layers/mirror.js';
import { NbdServer } from '../../lib/nbd/server.js';

/*
 * A server to be killed: a stack on files, on a Unix socket. It says when it listens.
 */

export interface NbdCrashTask {
  readonly stack: 'file' | 'mirror' | 'write-back cache';
  readonly paths: readonly string[];
  readonly socket: string;
  readonly create: boolean;
}

const { stack, paths, socket, create } = JSON.parse(process.argv[2] ?? '') as NbdCrashTask;
const pool = new PagePool();
const files = await Promise.all(paths.map((path) => FileDevice.open(path)));
const [first] = files as [FileDevice];
let device: BlockDevice = first;
if (stack === 'mirror')
  device = await (create ? Mirror.create(files, { pool, assumeEqual: true }) : Mirror.open(files, { pool }));
if (stack === 'write-back cache') device = new Cache(first, { pool, lines: 8, mode: 'back' });
await new NbdServer({ exports: { '': { device } } }).listen({ path: socket });
process.stdout.write('ready\n');
