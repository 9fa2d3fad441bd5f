/**
 * Records what a program reads and writes, as an I/O log of fio, which `wakechain compare --trace` replays:
 *
 *   npx tsx scripts/record-trace.ts [--under DIR] OUT.iolog[.gz] -- COMMAND [ARG...]
 *   npx tsx scripts/record-trace.ts --committed    the two traces that the comparison has
 *
 * Needs strace. Only files below DIR count, by default the current directory. What a program does to memory that it has
 * mapped is no system call, and not recorded.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const CALLS = 'open,openat,creat,lseek,read,write,readv,writev,pread64,pwrite64,preadv,pwritev,fsync,fdatasync';

/** Runs the command under strace, and turns what it tells into an I/O log of fio, version 2. */
function record(command: readonly string[], under: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'record-trace-'));
  const told = join(directory, 'strace');
  try {
    const args = ['-f', '-qq', '-y', '-s', '0', '-e', `trace=${CALLS}`, '-e', 'signal=none', '-o', told, ...command];
    const { status, error } = spawnSync('strace', args, { cwd: under, stdio: ['ignore', 'ignore', 'inherit'] });
    if (error !== undefined) throw new Error(`strace cannot be run (${error.message}); it is a package of that name`);
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${String(status)}`);
    return iologOf(readFileSync(told, 'utf8'), under);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What strace tells, a line for each call: `PID name(FD<PATH>, ...) = RESULT`. */
function iologOf(text: string, under: string): string {
  const log = ['fio version 2 iolog'];
  const files = new Map<string, { size: number }>();
  /** Where an open file is read or written next, by process and descriptor. */
  const positions = new Map<string, number>();
  const appending = new Set<string>();
  for (const line of whole(text)) {
    const opened = /^(\d+) +(?:open|openat|creat)\((.*)\) += (\d+)<(.*)>$/.exec(line);
    if (opened !== null) {
      const [, pid, given = '', fd] = opened;
      const open = `${String(pid)}:${String(fd)}`;
      positions.set(open, 0);
      if (given.includes('O_APPEND')) appending.add(open);
      else appending.delete(open);
      continue;
    }
    const call = /^(\d+) +(\w+)\((\d+)<(.*?)>(.*)\) += (\d+)/.exec(line);
    if (call === null) continue;
    const [, pid, name = '', fd, path = '', given = '', result] = call;
    const within = relative(under, path);
    if (!path.startsWith('/') || within === '' || within.startsWith('..')) continue;
    const file = files.get(within) ?? { size: 0 };
    if (!files.has(within)) {
      files.set(within, file);
      log.push(`${within} add`, `${within} open`);
    }
    const open = `${String(pid)}:${String(fd)}`;
    const bytes = Number(result);
    if (name === 'lseek') positions.set(open, bytes);
    else if (name.endsWith('sync')) log.push(`${within} ${name === 'fsync' ? 'sync' : 'datasync'} 0 0`);
    else if (bytes > 0) {
      const writes = name.includes('write');
      const own = /^p(read|write)/.test(name);
      const next = writes && appending.has(open) ? file.size : (positions.get(open) ?? 0);
      const offset = own ? Number(/, (\d+)$/.exec(given)?.[1] ?? 0) : next;
      if (!own) positions.set(open, offset + bytes);
      if (writes) file.size = Math.max(file.size, offset + bytes);
      log.push(`${within} ${writes ? 'write' : 'read'} ${String(offset)} ${String(bytes)}`);
    }
  }
  for (const name of files.keys()) log.push(`${name} close`);
  return `${log.join('\n')}\n`;
}

/** Calls that another process's came in between of, put together again. */
function whole(text: string): string[] {
  const begun = new Map<string, string>();
  return text.split('\n').flatMap((line) => {
    const pid = /^\d+/.exec(line)?.[0] ?? '';
    if (line.endsWith('<unfinished ...>')) {
      begun.set(pid, line.slice(0, -'<unfinished ...>'.length).trimEnd());
      return [];
    }
    const rest = /^\d+ +<\.\.\. \w+ resumed>(.*)$/.exec(line)?.[1];
    return [rest === undefined ? line : `${begun.get(pid) ?? ''}${rest}`];
  });
}

function save(path: string, log: string): void {
  writeFileSync(path, path.endsWith('.gz') ? gzipSync(log, { level: 9 }) : log);
  const operations = log.split('\n').filter((line) => / (read|write|sync|datasync) \d+ \d+$/.test(line));
  console.log(`${path}: ${String(operations.length)} operations`);
}

function committed(): void {
  mkdirSync('traces', { recursive: true });
  const shell = (script: string): string => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'record-trace-')));
    try {
      return record(['sh', '-e', '-c', script], directory);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };
  // A repository of some commits on this package's sources, cloned and collected.
  const sources = join(process.cwd(), 'lib');
  save(
    'traces/git.iolog.gz',
    shell(`
      export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
      git init -q -b main origin
      for part in wait event io; do
        cp -r '${sources}'/$part origin/ && git -C origin add . && git -C origin commit -q -m $part
      done
      git clone -q --no-hardlinks origin clone
      git -C clone gc -q`),
  );
  const rows = (from: number, to: number): string =>
    `WITH RECURSIVE n(i) AS (SELECT ${String(from)} UNION ALL SELECT i+1 FROM n WHERE i<${String(to)})
     INSERT INTO item SELECT i, 'item ' || i, hex(zeroblob(40)), (i*7919)%1000 FROM n;`;
  save(
    'traces/sqlite.iolog.gz',
    shell(`
      sqlite3 load.db "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, body TEXT, price INT); CREATE INDEX price ON item(price);"
      for from in 1 1001 2001 3001 4001; do sqlite3 load.db "$(printf '%s' "${rows(0, 999).replace('SELECT 0', 'SELECT $from').replace('i<999', 'i<$from+999')}")"; done
      sqlite3 load.db "SELECT count(*), avg(price) FROM item WHERE price BETWEEN 100 AND 200;"
      for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sqlite3 load.db "UPDATE item SET price = price + 1 WHERE id = $i * 97;"; done
      sqlite3 load.db "DELETE FROM item WHERE id % 3 = 0; VACUUM;"`),
  );
}

const args = process.argv.slice(2);
const split = args.indexOf('--');
if (args[0] === '--committed') committed();
else if (split > 0 && split < args.length - 1) {
  const under = realpathSync(args[0] === '--under' ? String(args[1]) : '.');
  save(String(args[split - 1]), record(args.slice(split + 1), under));
} else {
  console.error('usage: npx tsx scripts/record-trace.ts [--under DIR] OUT.iolog[.gz] -- COMMAND [ARG...]');
  process.exitCode = 2;
}
