/**
 * What one thread of Node can be expected to reach: a server of the system calls and copies that requests take, and next to nothing
 * else: no checks, limits, errors or layers, and the simplest form of reply. `npm run bench:nbd -- --bound` runs it.
 *
 *   bare-server SOCKET BYTES [FILE...]    of memory, or of files in the page cache: writes go to each, reads to the first
 */
import { openSync, readSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { writeGreeting } from '../../lib/nbd/greeting.js';
import { Inlet, type Taker } from '../../lib/nbd/inlet.js';
import { OPTION_HEADER_BYTES, readOptionHeader } from '../../lib/nbd/options.js';
import { writeExportInfo, writeOptionReply } from '../../lib/nbd/option-replies.js';
import { readAccepted } from '../../lib/nbd/reading.js';
import { SIMPLE_REPLY_BYTES, writeSimpleReply } from '../../lib/nbd/replies.js';
import { newRequestHeader, readRequest, REQUEST_BYTES } from '../../lib/nbd/requests.js';
import * as wire from '../../lib/nbd/wire.js';

const [path = '', bytes = '', ...files] = process.argv.slice(2);
const size = Number(bytes);
const fds = files.map((file) => openSync(file, 'r+'));
const [fd = -1] = fds;
const memory = Buffer.alloc(fd < 0 ? size : 0);

/** Of the largest request, behind room for the head of a reply. */
const SLOT_BYTES = SIMPLE_REPLY_BYTES + (32 << 20);
const idle: Buffer[] = [];

class BareSession implements Taker {
  needs: number = 4;
  socket: Socket | null = null;
  readonly inlet: Inlet = new Inlet(this);
  private phase: 'flags' | 'option' | 'requests' = 'flags';
  private readonly header = newRequestHeader();
  private readonly payload = Buffer.allocUnsafeSlow(32 << 20);

  take(message: Buffer, at: number): void {
    if (this.phase === 'requests') this.request(message, at);
    else if (this.phase === 'flags') {
      this.phase = 'option';
      this.needs = OPTION_HEADER_BYTES;
    } else this.option(message, at);
  }

  /** A payload is all there. */
  landed(): void {
    const { position, length } = this.header;
    if (fd < 0) memory.set(this.payload.subarray(0, length), position);
    else for (const each of fds) writeSync(each, this.payload, 0, length, position);
    this.reply();
  }

  private option(message: Buffer, at: number): void {
    const { option, length } = readOptionHeader(message, at);
    this.inlet.skip(length);
    if (option !== wire.OPT_GO) {
      this.socket?.write(writeOptionReply(option, wire.REP_ERR_UNSUP));
      return;
    }
    const flags = wire.FLAG_HAS_FLAGS | wire.FLAG_SEND_FLUSH | wire.FLAG_CAN_MULTI_CONN;
    this.socket?.write(writeOptionReply(option, wire.REP_INFO, writeExportInfo({ info: 'export', size, flags })));
    this.socket?.write(writeOptionReply(option, wire.REP_ACK));
    this.phase = 'requests';
    this.needs = REQUEST_BYTES;
  }

  private request(message: Buffer, at: number): void {
    const { header } = this;
    readRequest(message, at, false, header);
    const { type, position, length } = header;
    if (type === wire.CMD_READ && fd < 0) this.sendMemory(position, length);
    else if (type === wire.CMD_READ) this.sendFile(position, length);
    else if (type === wire.CMD_WRITE) this.inlet.land([this.payload.subarray(0, length)]);
    else if (type === wire.CMD_DISC) this.socket?.end();
    else this.reply();
  }

  private sendMemory(position: number, length: number): void {
    this.socket?.cork();
    this.reply();
    this.socket?.write(memory.subarray(position, position + length));
    this.socket?.uncork();
  }

  /** Head and payload are one buffer. */
  private sendFile(position: number, length: number): void {
    const slot = idle.pop() ?? Buffer.allocUnsafeSlow(SLOT_BYTES);
    const { cookieHigh, cookieLow } = this.header;
    const head = writeSimpleReply(slot, 0, 0, cookieHigh, cookieLow);
    readSync(fd, slot, head, length, position);
    this.socket?.write(slot.subarray(0, head + length), () => idle.push(slot));
  }

  private reply(): void {
    const { cookieHigh, cookieLow } = this.header;
    const head = Buffer.allocUnsafe(SIMPLE_REPLY_BYTES);
    writeSimpleReply(head, 0, 0, cookieHigh, cookieLow);
    this.socket?.write(head);
  }
}

createServer({ pauseOnConnect: true }, (accepted) => {
  const session = new BareSession();
  const { inlet } = session;
  const socket = readAccepted(
    accepted,
    {
      get target() {
        return inlet.target;
      },
      get expectsLarge() {
        return inlet.expectsLarge;
      },
      filled: (count) => {
        inlet.filledBy(count);
      },
      received: (chunk) => {
        inlet.feed(chunk);
      },
    },
    true,
  );
  session.socket = socket;
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  socket.write(writeGreeting(wire.FLAG_FIXED_NEWSTYLE | wire.FLAG_NO_ZEROES));
}).listen(path);
