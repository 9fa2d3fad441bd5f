import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlockDevice } from '../../lib/io/index.js';
import { NbdServer, type NbdServerOptions } from '../../lib/nbd/index.js';

/** A device that is being served on a Unix socket, in a folder of its own. */
export interface Served {
  readonly folder: string;
  readonly socket: string;
  /** Of the export with the empty name. */
  readonly uri: string;
  readonly server: NbdServer;
  /** Lines that the server has logged. */
  readonly log: string[];
  close(): Promise<void>;
}

/** Serves a device; `close` stops the server and removes the folder, and leaves the device to its owner. */
export async function serve(device: BlockDevice, options: Partial<NbdServerOptions> = {}): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'wakechain-nbd-'));
  const socket = join(folder, 's');
  const log: string[] = [];
  const server = new NbdServer({ exports: { '': { device } }, log: (line) => log.push(line), ...options });
  const uri = await server.listen({ path: socket });
  return {
    folder,
    socket,
    uri,
    server,
    log,
    async close() {
      await server.close({ graceMs: 1000 });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
