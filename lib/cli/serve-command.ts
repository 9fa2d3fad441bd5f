import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { NbdListenOptions, NbdServerTls } from '../nbd/index.js';
import { formatNbdUri, NbdServer, parseNbdUri } from '../nbd/index.js';
import type { Stack } from '../stack/index.js';
import { interruptible } from './interrupts.js';
import { limitsFrom, withLimitFlags } from './limit-flags.js';
import { wholeNumber } from './numbers.js';
import { openDegraded } from './open-degraded.js';
import { readPsk } from './psk-file.js';
import { withStackFlags, wrongCall, type StackFlags } from './stack-flags.js';
import { StatusLine } from './status-line.js';

interface Flags extends StackFlags {
  socket?: string;
  port?: number;
  host?: string;
  export?: string[];
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
  tlsPsk?: string;
}

/** One of what is served: its name, and a file with its description; without one it is the stack that the call names. */
interface Wanted {
  readonly name: string;
  readonly file: string | null;
}

/** `wakechain serve`. */
export function serveCommand(): Command {
  const command = withStackFlags(new Command('serve'))
    .description('serve a stack, or several, as disks over the NBD protocol, until Ctrl-C')
    .addOption(new Option('--socket <path>', 'listen on a Unix socket').conflicts(['port', 'host']))
    .option('--port <n>', 'listen on this TCP port, 0 for any that is free (default: 10809)', wholeNumber(0, 65535))
    .option('--host <address>', 'listen on this address (default: 127.0.0.1, which only this machine reaches)')
    .option(
      '--export <name>',
      'the name that clients ask for (default: the empty one); as NAME=FILE, a further stack under that name, from its description; may be repeated',
      each,
    )
    .option(
      '--threads <n>',
      'with --file: so many threads for crypt, and one for each file (default: none)',
      wholeNumber(0, 64),
    )
    .option('--read-only', 'refuse everything but reads')
    .option('--tls-cert <path>', "require TLS: the server's certificate, PEM; with --tls-key")
    .option('--tls-key <path>', 'the key of the certificate, PEM')
    .option('--tls-ca <path>', 'who signs the certificates of clients, PEM: they must have one')
    .option('--tls-psk <path>', 'require TLS with one of these pre-shared keys: lines of name:hex digits')
    .action(run);
  return withLimitFlags(command);
}

async function run(path: string | undefined, flags: Flags): Promise<void> {
  const wanted = wantedOf(path, flags);
  const limits = limitsFrom(flags);
  const tls = await tlsOf(flags);
  await interruptible(async (signal) => {
    const stacks = new Map<string, Stack>();
    const status = new StatusLine();
    try {
      const readOnly = flags.readOnly === true ? { readOnly: true } : {};
      for (const { name, file } of wanted) {
        stacks.set(name, await (file === null ? openDegraded(path, flags) : openDegraded(file, readOnly)));
      }
      const exports = [...stacks].map(([name, { top }]) => [name, { device: top, ...readOnly }] as const);
      const server = new NbdServer({
        exports: Object.fromEntries(exports),
        limits,
        ...(tls === null ? {} : { tls }),
        log: (line) => status.log(line),
      });
      await serve(server, stacks, flags, status, signal);
    } finally {
      status.stop();
      await forEach(stacks, (stack) => stack.close());
    }
  });
}

async function serve(
  server: NbdServer,
  stacks: ReadonlyMap<string, Stack>,
  flags: Flags,
  status: StatusLine,
  signal: AbortSignal,
): Promise<void> {
  try {
    const address = parseNbdUri(await server.listen(placeOf(flags)));
    process.stdout.write([...stacks.keys()].map((name) => `${formatNbdUri({ ...address, name })}\n`).join(''));
    status.follow(server);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    status.log('draining; again to quit at once');
  } finally {
    await server.close();
    await forEach(stacks, async ({ top }) => {
      if (top.operations.includes('flush')) await top.flush();
    });
  }
}

/** What is to be served, in order. @throws ArgumentError `ERR_CALL` for a name that comes twice, or one without its stack */
function wantedOf(path: string | undefined, flags: Flags): Wanted[] {
  const given = (flags.export ?? []).map((text) => {
    const at = text.indexOf('=');
    return at < 0 ? { name: text, file: null } : { name: text.slice(0, at), file: text.slice(at + 1) };
  });
  const isNamed = path !== undefined || flags.file !== undefined;
  const own = given.some(({ file }) => file === null);
  const wanted = own || (given.length > 0 && !isNamed) ? given : [{ name: '', file: null }, ...given];
  for (const [i, { name, file }] of wanted.entries()) {
    if (file === '') throw wrongCall(`--export ${name}= needs the file of a stack behind it`);
    const twice = wanted.findIndex((other) => other.name === name || (file === null && other.file === null)) < i;
    if (twice) throw wrongCall(`--export: '${name}' comes twice, or is a second name for one stack`);
  }
  return wanted;
}

/** Does something with all of them, whatever becomes of one; fails with the first error. */
async function forEach(stacks: ReadonlyMap<string, Stack>, body: (stack: Stack) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled([...stacks.values()].map(body));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Collects an option that may be repeated. */
function each(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function placeOf({ socket, port, host }: Flags): NbdListenOptions {
  if (socket !== undefined) return { path: socket };
  return { ...(port === undefined ? {} : { port }), ...(host === undefined ? {} : { host }) };
}

async function tlsOf({ tlsCert, tlsKey, tlsCa, tlsPsk }: Flags): Promise<NbdServerTls | null> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw wrongCall('--tls-cert and --tls-key go together');
  if (tlsCa !== undefined && tlsCert === undefined) throw wrongCall('--tls-ca needs --tls-cert and --tls-key');
  if (tlsCert === undefined && tlsPsk === undefined) return null;
  return {
    ...(tlsCert === undefined ? {} : { cert: await readFile(tlsCert) }),
    ...(tlsKey === undefined ? {} : { key: await readFile(tlsKey) }),
    ...(tlsCa === undefined ? {} : { ca: await readFile(tlsCa) }),
    ...(tlsPsk === undefined ? {} : { psk: await readPsk(tlsPsk) }),
  };
}
