import { join } from 'node:path';
import type { Load } from './load.js';
import { bare, nbdkit, ours, qemuNbd, SIZE, type Contender } from './servers.js';

/** One comparison: ours against the best of the peers, and what is to be reached. */
export interface NbdRow {
  readonly what: string;
  readonly load: Load;
  readonly contenders: readonly Contender[];
  /** The ratio of what ours does to what the best peer does. */
  readonly reach: number;
}

const in_ = (name: string) => (folder: string) => join(folder, name);
const file = (folder: string, name: string, options: object = { thread: true }): unknown => ({
  type: 'file',
  path: join(folder, name),
  ...options,
});

const memory = [ours('memory', () => ({ type: 'memory', size: SIZE })), ...nbdkit([], () => ['memory', String(SIZE)])];

let four: unknown = { type: 'memory', size: SIZE };
for (let i = 0; i < 4; i++) four = { type: 'pass', lower: four };
const layered = [
  ours('memory below 4 layers', () => four),
  ...nbdkit(['nofilter', 'noextents', 'nocache', 'nozero'], () => ['memory', String(SIZE)]),
];

const kitFile = nbdkit([], (folder) => ['file', in_('kit')(folder)]);
const async_ = ours('file', (folder) => file(folder, 'own'));
const blocking = ours('file, blocking', (folder) => file(folder, 'own-blocking', { blocking: true }));
const qemuFile = qemuNbd((folder) => ['-f', 'raw', in_('qemu')(folder)]);

const quorum = (folder: string): string =>
  ['driver=quorum', 'vote-threshold=1', child(folder, 0), child(folder, 1)].join(',');
const child = (folder: string, index: number): string =>
  ['driver=raw', 'file.driver=file', `file.filename=${join(folder, `quorum${String(index)}`)}`]
    .map((option) => `children.${String(index)}.${option}`)
    .join(',');
const mirror = (name: string, options?: object): Contender =>
  ours(name, (folder) => ({ type: 'mirror', members: [file(folder, 'm0', options), file(folder, 'm1', options)] }));
const qemuQuorum = qemuNbd((folder) => ['--image-opts', quorum(folder)]);
const mirrors = [mirror('mirror of two files'), qemuQuorum];
const blockingMirrors = [mirror('mirror of two files, blocking', { blocking: true }), qemuQuorum];

const encrypted = (name: string, options?: object): Contender =>
  ours(name, (folder) => ({ type: 'crypt', threads: 2, keyFile: in_('key')(folder), lower: file(folder, 'own-crypt', options) })); // prettier-ignore
const crypt = encrypted('crypt over a file');
const blockingCrypt = encrypted('crypt over a file, blocking', { blocking: true });
const kitLuks = nbdkit(['luks'], (folder) => ['file', in_('kit-luks')(folder), 'passphrase=secret']);
const qemuLuks = qemuNbd((folder) => [
  '--object',
  'secret,id=key,data=secret',
  '--image-opts',
  `driver=luks,key-secret=key,file.driver=file,file.filename=${in_('qemu-luks')(folder)}`,
]);

const reads = (bs: string, depth: number): Load => ({ rw: 'randread', bs, depth });
const writes = (bs: string, depth: number): Load => ({ rw: 'randwrite', bs, depth });

export const nbdRows: readonly NbdRow[] = [
  { what: 'memory', load: reads('4k', 1), contenders: memory, reach: 0.9 },
  { what: 'memory', load: reads('4k', 32), contenders: memory, reach: 1 },
  { what: 'memory', load: writes('4k', 32), contenders: memory, reach: 0.9 },
  { what: 'memory', load: reads('64k', 8), contenders: memory, reach: 1 },
  { what: 'memory', load: reads('1M', 4), contenders: memory, reach: 1 },
  { what: 'memory', load: { copy: 'from' }, contenders: memory, reach: 1 },
  { what: 'memory', load: { copy: 'to' }, contenders: memory, reach: 0.9 },
  { what: '4 layers over memory', load: reads('4k', 32), contenders: layered, reach: 1 },
  { what: 'file', load: reads('4k', 32), contenders: [async_, ...kitFile], reach: 0.7 },
  { what: 'file', load: reads('1M', 4), contenders: [async_, ...kitFile], reach: 0.8 },
  { what: 'file, blocking', load: reads('4k', 32), contenders: [blocking, ...kitFile], reach: 1 },
  { what: 'file, blocking', load: reads('64k', 8), contenders: [blocking, ...kitFile], reach: 0.95 },
  { what: 'file', load: reads('4k', 32), contenders: [async_, qemuFile], reach: 1 },
  { what: 'file', load: writes('64k', 32), contenders: [async_, qemuFile], reach: 1 },
  { what: 'file', load: reads('1M', 32), contenders: [async_, qemuFile], reach: 1 },
  { what: 'file, blocking', load: reads('4k', 32), contenders: [blocking, qemuFile], reach: 2 },
  { what: 'mirror of two files', load: writes('4k', 32), contenders: mirrors, reach: 1.5 },
  { what: 'mirror of two files', load: writes('64k', 8), contenders: mirrors, reach: 1.5 },
  { what: 'mirror of two files, blocking', load: writes('64k', 8), contenders: blockingMirrors, reach: 1.5 },
  { what: 'crypt', load: reads('4k', 32), contenders: [crypt, ...kitLuks], reach: 1 },
  { what: 'crypt', load: writes('64k', 8), contenders: [crypt, ...kitLuks], reach: 1 },
  { what: 'crypt', load: reads('4k', 32), contenders: [crypt, qemuLuks], reach: 1.5 },
  { what: 'crypt', load: writes('64k', 8), contenders: [crypt, qemuLuks], reach: 1.5 },
  { what: 'crypt, blocking', load: writes('64k', 8), contenders: [blockingCrypt, qemuLuks], reach: 1.5 },
];

const bareMemory = [bare(), ...memory.slice(1)];

/** The same loads and peers for a server that does little but what they take: what one thread can be expected to reach. */
export const boundRows: readonly NbdRow[] = [
  { what: 'bare memory', load: { copy: 'from' }, contenders: bareMemory, reach: 1 },
  { what: 'bare memory', load: { copy: 'to' }, contenders: bareMemory, reach: 0.9 },
  { what: 'bare file', load: reads('64k', 8), contenders: [bare(in_('own-blocking')), ...kitFile], reach: 0.95 },
  {
    what: 'bare pair of files',
    load: writes('64k', 8),
    contenders: [bare(in_('m0'), in_('m1')), qemuQuorum],
    reach: 1.5,
  },
];

/** What the files of all contenders hold: the same noise, so that none is sparse. */
export const noisy: readonly string[] = [
  'own',
  'own-blocking',
  'own-crypt',
  'kit',
  'qemu',
  'quorum0',
  'quorum1',
  'm0',
  'm1',
  'source',
];
