import { readGreeting, writeClientFlags, GREETING_BYTES } from './greeting.js';
import type { Link } from './link.js';
import { malformed, NbdError, type NbdErrorCode } from './nbd-error.js';
import {
  isRefusal,
  OPTION_REPLY_HEADER_BYTES,
  readExportInfo,
  readMetaContext,
  readOptionReplyHeader,
  readServerReply,
} from './option-replies.js';
import { writeExportQuestion, writeMetaQuestion, writeOption } from './options.js';
import type { ReplyForm } from './replies.js';
import * as wire from './wire.js';

/** What a server has told of an export, and what was agreed on. */
export interface Terms {
  readonly size: number;
  /** Bits of `FLAG_…`. */
  readonly flags: number;
  readonly form: ReplyForm;
  /** The sizes that it asks requests to keep to, or null. */
  readonly blockSizes: { readonly minimum: number; readonly preferred: number; readonly maximum: number } | null;
  /** The number of `base:allocation`, or null when the server has none. */
  readonly allocation: number | null;
}

/** One reply to an option: its type and its data. */
interface Reply {
  readonly type: number;
  readonly data: Buffer;
}

/** All replies to an option: those before the last, and that when it refuses. */
interface Answer {
  readonly replies: readonly Reply[];
  readonly refusal: Reply | null;
}

/** Bytes of one reply, and replies to one option, beyond which a server is not believed. */
const MOST_BYTES = 64 * 1024;
const MOST_REPLIES = 10_000;
const NOTHING = Buffer.alloc(0);

/** The client's side of the handshake: asks one option after the other. */
export class ClientHaggling {
  private readonly link: Link;
  private noZeroes = false;

  constructor(link: Link) {
    this.link = link;
  }

  /** Waits for the server's first words. @throws NbdError `ERR_NBD_PROTOCOL`, `ERR_NBD_GONE` */
  async greet(): Promise<void> {
    const flags = readGreeting(await this.link.reader.read(GREETING_BYTES), 0);
    this.noZeroes = (flags & wire.FLAG_NO_ZEROES) !== 0;
    this.send(writeClientFlags(flags & (wire.FLAG_FIXED_NEWSTYLE | wire.FLAG_NO_ZEROES)));
  }

  /** Asks for TLS, which has to begin next. @throws NbdError `ERR_NBD_TLS` when the server has none */
  async wantTls(): Promise<void> {
    const { refusal } = await this.ask(wire.OPT_STARTTLS, NOTHING);
    if (refusal !== null) throw await this.left('ERR_NBD_TLS', 'The server does not speak TLS', refusal);
  }

  /** Agrees on an export and begins the transmission. @throws NbdError `ERR_NBD_REFUSED`, `ERR_NBD_PROTOCOL` */
  async go(name: string, extended: boolean): Promise<Terms> {
    const form = await this.form(extended);
    const allocation = form === 'simple' ? null : await this.allocation(name);
    const question = writeExportQuestion({ name, infos: [wire.INFO_BLOCK_SIZE] });
    const { replies, refusal } = await this.ask(wire.OPT_GO, question);
    if (refusal?.type === wire.REP_ERR_UNSUP) {
      if (form === 'extended') throw malformed('The server has extended headers, and does not know the option GO');
      return this.exportName(name, form);
    }
    if (refusal !== null) throw await this.refused(`The server does not serve "${name}"`, refusal);
    const infos = replies.filter(({ type }) => type === wire.REP_INFO).map(({ data }) => readExportInfo(data));
    const exported = infos.find(({ info }) => info === 'export');
    const sizes = infos.find(({ info }) => info === 'block-size');
    if (exported?.info !== 'export') throw malformed('The server serves an export, and does not tell its size');
    const { size, flags } = exported;
    return { size, flags, form, allocation, blockSizes: sizes?.info === 'block-size' ? checkedSizes(sizes) : null };
  }

  /** The exports of the server. @throws NbdError `ERR_NBD_REFUSED`, `ERR_NBD_PROTOCOL` */
  async list(): Promise<{ name: string; description: string }[]> {
    const { replies, refusal } = await this.ask(wire.OPT_LIST, NOTHING);
    if (refusal !== null) throw await this.refused('The server does not list its exports', refusal);
    return replies.filter(({ type }) => type === wire.REP_SERVER).map(({ data }) => readServerReply(data));
  }

  /** Ends the handshake without an export, when the server has answered that, or hung up, as old ones do. */
  async abort(): Promise<void> {
    await this.exchange(wire.OPT_ABORT, NOTHING).catch(() => undefined);
    this.link.end();
  }

  private async form(extended: boolean): Promise<ReplyForm> {
    if (extended && (await this.ask(wire.OPT_EXTENDED_HEADERS, NOTHING)).refusal === null) return 'extended';
    return (await this.ask(wire.OPT_STRUCTURED_REPLY, NOTHING)).refusal === null ? 'structured' : 'simple';
  }

  private async allocation(name: string): Promise<number | null> {
    const question = writeMetaQuestion({ name, queries: [wire.BASE_ALLOCATION] });
    const { replies, refusal } = await this.ask(wire.OPT_SET_META_CONTEXT, question);
    // What a server has told before it refuses does not count.
    if (refusal !== null) return null;
    const contexts = replies.filter(({ type }) => type === wire.REP_META_CONTEXT);
    return (
      contexts.map(({ data }) => readMetaContext(data)).find((each) => each.name === wire.BASE_ALLOCATION)?.id ?? null
    );
  }

  /** The old way, which a server answers or hangs up on. */
  private async exportName(name: string, form: ReplyForm): Promise<Terms> {
    this.send(writeOption(wire.OPT_EXPORT_NAME, Buffer.from(name)));
    const reply = await this.link.reader.read(this.noZeroes ? 10 : 134);
    const [size, flags] = [wire.readU64(reply, 0), reply.readUInt16BE(8)];
    return { size, flags, form, blockSizes: null, allocation: null };
  }

  /** Asks a server that goes on. @throws NbdError `ERR_NBD_REFUSED` when it is being shut down */
  private async ask(option: number, data: Buffer): Promise<Answer> {
    const answer = await this.exchange(option, data);
    const { refusal } = answer;
    if (refusal?.type !== wire.REP_ERR_SHUTDOWN) return answer;
    throw await this.refused('The server is being shut down', refusal);
  }

  /** Asks, and collects the replies up to the last. */
  private async exchange(option: number, data: Buffer): Promise<Answer> {
    this.send(writeOption(option, data));
    const replies: Reply[] = [];
    for (;;) {
      const header = readOptionReplyHeader(await this.link.reader.read(OPTION_REPLY_HEADER_BYTES), 0);
      if (header.option !== option) {
        throw malformed(`The server answers option ${String(header.option)}, asked was ${String(option)}`);
      }
      if (header.length > MOST_BYTES) throw malformed(`The server sends a reply of ${String(header.length)} bytes`);
      const reply = { type: header.type, data: await this.link.reader.read(header.length) };
      if (reply.type === wire.REP_ACK) return { replies, refusal: null };
      if (isRefusal(reply.type)) return { replies, refusal: reply };
      replies.push(reply);
      if (replies.length > MOST_REPLIES) throw malformed('The server sends replies without end');
    }
  }

  private refused(what: string, refusal: Reply): Promise<NbdError> {
    return this.left(refusal.type === wire.REP_ERR_TLS_REQD ? 'ERR_NBD_TLS' : 'ERR_NBD_REFUSED', what, refusal);
  }

  /** Takes leave of a server that has said no: only who breaks the protocol may be hung up on. Answers the error that it is. */
  private async left(code: NbdErrorCode, what: string, refusal: Reply): Promise<NbdError> {
    await this.abort();
    return new NbdError(code, `${what}: ${textOf(refusal)}`);
  }

  private send(bytes: Buffer): void {
    this.link.outlet.append(bytes, null);
    this.link.outlet.flush();
  }
}

/** @throws NbdError `ERR_NBD_PROTOCOL` for sizes that no request could keep to */
function checkedSizes<T extends NonNullable<Terms['blockSizes']>>(sizes: T): T {
  const { minimum, maximum } = sizes;
  if (Number.isInteger(Math.log2(minimum)) && maximum >= minimum) return sizes;
  throw malformed(`The server asks for blocks of ${String(minimum)} to ${String(maximum)} bytes, which there are not`);
}

function textOf({ type, data }: Reply): string {
  const text = data.toString('utf8').slice(0, 200);
  return text === '' ? `it answers ${String(type - wire.REP_ERROR)}` : text;
}
