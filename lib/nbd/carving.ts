import type { Ability } from './ability.js';
import { Ask, type Errand } from './ask.js';
import * as wire from './wire.js';

const TYPES = {
  read: wire.CMD_READ,
  write: wire.CMD_WRITE,
  flush: wire.CMD_FLUSH,
  discard: wire.CMD_TRIM,
  writeZeroes: wire.CMD_WRITE_ZEROES,
} as const;

/** A header as requests on the wire, each no longer than the server allows; `send` is given one after the other. */
export function carve(
  errand: Errand,
  { flags, dataBytes, zeroBytes, spanBytes }: Ability,
  send: (ask: Ask) => void,
): void {
  const { operation, length, pages, fua } = errand.io;
  const type = TYPES[operation];
  const own = fua && (flags & wire.FLAG_SEND_FUA) !== 0 ? wire.CMD_FLAG_FUA : 0;
  const most = operation === 'writeZeroes' ? zeroBytes : pages === null ? spanBytes : dataBytes;
  if (length <= most) {
    send(new Ask(errand, type, own, 0, length));
    return;
  }
  // All are made first: what ends at once must not be taken for the last.
  const asks: Ask[] = [];
  for (let at = 0; at < length; at += most) asks.push(new Ask(errand, type, own, at, Math.min(most, length - at)));
  for (const ask of asks) send(ask);
}
