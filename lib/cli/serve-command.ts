import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { NbdListenOptions, NbdServerTls } from '../nbd/index.js';
import { NbdServer } from '../nbd/index.js';
import type { Stack } from '../stack/index.js';
import { interruptible } from './interrupts.js';
import { wholeNumber } from './numbers.js';
import { openDegraded } from './open-degraded.js';
import { readPsk } from './psk-file.js';
import { withStackFlags, wrongCall, type StackFlags } from './stack-flags.js';
import { StatusLine } from './status-line.js';

interface Flags extends StackFlags {
  socket?: string;
  port?: number;
  host?: string;
  export: string;
  readOnly?: boolean;
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
  tlsPsk?: string;
}

/** `wakechain serve`. */
export function serveCommand(): Command {
  return withStackFlags(new Command('serve'))
    .description('serve a stack as a disk over the NBD protocol, until Ctrl-C')
    .addOption(new Option('--socket <path>', 'listen on a Unix socket').conflicts(['port', 'host']))
    .option('--port <n>', 'listen on this TCP port, 0 for any that is free (default: 10809)', wholeNumber(0, 65535))
    .option('--host <address>', 'listen on this address (default: 127.0.0.1, which only this machine reaches)')
    .option('--export <name>', 'the name that clients ask for', '')
    .option('--read-only', 'refuse everything but reads')
    .option('--tls-cert <path>', "require TLS: the server's certificate, PEM; with --tls-key")
    .option('--tls-key <path>', 'the key of the certificate, PEM')
    .option('--tls-ca <path>', 'who signs the certificates of clients, PEM: they must have one')
    .option('--tls-psk <path>', 'require TLS with one of these pre-shared keys: lines of name:hex digits')
    .action(run);
}

async function run(path: string | undefined, flags: Flags): Promise<void> {
  const tls = await tlsOf(flags);
  await interruptible(async (signal) => {
    const stack = await openDegraded(path, flags);
    const status = new StatusLine();
    try {
      const readOnly = flags.readOnly === true;
      const server = new NbdServer({
        exports: { [flags.export]: { device: stack.top, ...(readOnly ? { readOnly } : {}) } },
        ...(tls === null ? {} : { tls }),
        log: (line) => status.log(line),
      });
      await serve(server, stack, flags, status, signal);
    } finally {
      status.stop();
      await stack.close();
    }
  });
}

async function serve(
  server: NbdServer,
  stack: Stack,
  flags: Flags,
  status: StatusLine,
  signal: AbortSignal,
): Promise<void> {
  try {
    const uri = await server.listen(placeOf(flags));
    process.stdout.write(`${uri}\n`);
    status.follow(server);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    status.log('draining; again to quit at once');
  } finally {
    await server.close();
    if (stack.top.operations.includes('flush')) await stack.top.flush();
  }
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
