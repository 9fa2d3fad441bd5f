import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';

/** Who takes what a socket brings. */
export interface Receiver {
  /** Where the next bytes should be put; null when that is not known, or not worth it. */
  readonly target: Uint8Array | null;
  /** Whether what comes next is most likely the head of a large payload, of which little is to be read with it. */
  readonly expectsLarge: boolean;
  /** So many bytes were put there. */
  filled(bytes: number): void;
  /** Bytes were brought, which are there until this returns. */
  received(chunk: Buffer): void;
}

/** One for all sockets: what is read is taken before the next read. Many requests come with one, when they are small. */
const arena = Buffer.allocUnsafeSlow(256 * 1024);
/** What is read with the head of a payload has to be copied to where the rest is put. */
const head = arena.subarray(0, 4096);

/** Options of a socket that is to put payloads where they belong, without a copy. */
export function directly(receiver: Receiver): OnReadOpts {
  let target: Uint8Array | null = null;
  return {
    buffer: () => {
      target = receiver.target;
      return target ?? (receiver.expectsLarge ? head : arena);
    },
    callback: (bytes) => {
      if (target === null) receiver.received(arena.subarray(0, bytes));
      else receiver.filled(bytes);
      return true;
    },
  };
}

/**
 * Reads an accepted socket into a receiver. Node offers {@link directly} only to those who connect, so that what was
 * accepted changes hands: a second socket takes over its handle, by two properties that are not documented. Where they
 * are not what they were, the first one is read in the documented way.
 * @param socket accepted by a server with `pauseOnConnect`
 * @param direct whether payloads are to be put in place; not for a socket that will speak TLS
 */
export function readAccepted(socket: Socket, receiver: Receiver, direct: boolean): Socket {
  const { _handle: handle } = socket as unknown as { _handle?: { useUserBuffer?: unknown } | null };
  if (direct && typeof handle?.useUserBuffer === 'function') {
    const options = { handle, onread: directly(receiver) } as unknown as SocketConstructorOpts;
    const taken = new Socket(options);
    if ((taken as unknown as { _handle?: unknown })._handle === handle) {
      (socket as unknown as { _handle: null })._handle = null;
      socket.destroy();
      return taken;
    }
  }
  readStream(socket, receiver);
  return socket;
}

/** Reads a socket in the documented way; payloads are copied into place. */
export function readStream(socket: Socket, receiver: Receiver): void {
  socket.on('data', (chunk: Buffer) => {
    receiver.received(chunk);
  });
  socket.resume();
}
