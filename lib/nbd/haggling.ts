import type { Export } from './export.js';
import { CLIENT_FLAGS_BYTES, readClientFlags } from './greeting.js';
import type { Taker } from './inlet.js';
import type { NbdLimits } from './limits.js';
import { malformed, NbdError } from './nbd-error.js';
import {
  writeExportInfo,
  writeExportNameReply,
  writeMetaContext,
  writeOptionError,
  writeOptionReply,
  writeServerReply,
} from './option-replies.js';
import { OPTION_HEADER_BYTES, readExportQuestion, readMetaQuestion, readOptionHeader } from './options.js';
import type { ReplyForm } from './replies.js';
import { readString } from './strings.js';
import * as wire from './wire.js';

/** What a client and a server have agreed on. */
export interface Agreement {
  readonly exported: Export;
  readonly form: ReplyForm;
  /** The number of `base:allocation`, or null when the client does not want it. */
  readonly allocation: number | null;
}

/** The server, as a handshake sees it. */
export interface Host {
  readonly exports: ReadonlyMap<string, Export>;
  /** The export of a name; the default one of an empty name. */
  find(name: string): Export | undefined;
  readonly limits: NbdLimits;
  /** Which TLS there is: none, as the client likes, or before anything else. */
  readonly tls: 'none' | 'required';
  /** Whether it is being shut down. */
  readonly stopping: boolean;
  /** Sends bytes to the client. */
  send(bytes: Buffer): void;
  /** TLS begins behind what was sent; then all is as in the beginning. */
  startTls(): void;
  /** The handshake has ended: requests follow. */
  begin(agreement: Agreement): void;
  /** Closes the connection behind what was sent. */
  end(): void;
}

/** The number of `base:allocation`, which is the only context that there is. */
const ALLOCATION_ID = 1;

const NOTHING = Buffer.alloc(0);

/** The server's side of the fixed newstyle handshake: one option after the other, until one begins the transmission. */
export class Haggling implements Taker {
  needs: number = CLIENT_FLAGS_BYTES;
  private readonly host: Host;
  private readonly secure: boolean;
  private greeted: boolean;
  private fixed = true;
  private noZeroes = false;
  /** The option whose data is awaited. */
  private option: number | null = null;
  private seen = 0;
  private form: ReplyForm = 'simple';
  /** The export whose `base:allocation` was asked for. */
  private allocationOf: Export | null = null;

  /** @param before what this goes on from within TLS: of that the client's flags stay, and nothing else */
  constructor(host: Host, before: Haggling | null = null) {
    this.host = host;
    this.secure = this.greeted = before !== null;
    if (before === null) return;
    this.noZeroes = before.noZeroes;
    this.needs = OPTION_HEADER_BYTES;
  }

  take(bytes: Buffer, at: number): void {
    if (!this.greeted) this.takeFlags(bytes, at);
    else if (this.option === null) this.takeHeader(bytes, at);
    else {
      const { option } = this;
      this.option = null;
      const data = bytes.subarray(at, at + this.needs);
      this.needs = OPTION_HEADER_BYTES;
      this.answer(option, data);
    }
  }

  landed(): void {
    // Options are taken whole.
  }

  private takeFlags(bytes: Buffer, at: number): void {
    const flags = readClientFlags(bytes, at);
    this.fixed = (flags & wire.FLAG_FIXED_NEWSTYLE) !== 0;
    this.noZeroes = (flags & wire.FLAG_NO_ZEROES) !== 0;
    this.greeted = true;
    this.needs = OPTION_HEADER_BYTES;
  }

  private takeHeader(bytes: Buffer, at: number): void {
    const { option, length } = readOptionHeader(bytes, at);
    const { limits } = this.host;
    if (++this.seen > limits.options) throw malformed(`The client sends more than ${String(limits.options)} options`);
    if (length > limits.optionBytes) {
      throw malformed(`An option of ${String(length)} bytes passes the limit of ${String(limits.optionBytes)}`);
    }
    if (!this.fixed && option !== wire.OPT_EXPORT_NAME) throw malformed('The client does not speak fixed newstyle');
    if (length === 0) this.answer(option, NOTHING);
    else {
      this.option = option;
      this.needs = length;
    }
  }

  /** Answers an option; what is wrong with its data is told to the client. */
  private answer(option: number, data: Buffer): void {
    if (this.host.tls === 'required' && !this.secure && option !== wire.OPT_STARTTLS && option !== wire.OPT_ABORT) {
      if (option === wire.OPT_EXPORT_NAME) throw malformed('The client wants an export without TLS, which is required');
      this.refuse(option, wire.REP_ERR_TLS_REQD, 'TLS is required');
      return;
    }
    if (this.host.stopping && option !== wire.OPT_ABORT) {
      if (option === wire.OPT_EXPORT_NAME) this.host.end();
      else this.refuse(option, wire.REP_ERR_SHUTDOWN, 'The server is being shut down');
      return;
    }
    try {
      this.handle(option, data);
    } catch (error) {
      if (!(error instanceof NbdError) || option === wire.OPT_EXPORT_NAME) throw error;
      this.refuse(option, wire.REP_ERR_INVALID, error.message);
    }
  }

  private handle(option: number, data: Buffer): void {
    switch (option) {
      case wire.OPT_EXPORT_NAME:
        this.exportName(data);
        break;
      case wire.OPT_ABORT:
        this.acknowledge(option);
        this.needs = 0;
        this.host.end();
        break;
      case wire.OPT_LIST:
        this.withoutData(data);
        this.list();
        break;
      case wire.OPT_STARTTLS:
        this.withoutData(data);
        this.startTls();
        break;
      case wire.OPT_INFO:
      case wire.OPT_GO:
        this.info(option, data);
        break;
      case wire.OPT_STRUCTURED_REPLY:
        this.withoutData(data);
        if (this.form === 'extended') this.refuse(option, wire.REP_ERR_EXT_HEADER_REQD, 'There are extended headers');
        else this.agreeOn(option, 'structured');
        break;
      case wire.OPT_EXTENDED_HEADERS:
        this.withoutData(data);
        this.agreeOn(option, 'extended');
        break;
      case wire.OPT_LIST_META_CONTEXT:
      case wire.OPT_SET_META_CONTEXT:
        this.metaContext(option, data);
        break;
      default:
        this.refuse(option, wire.REP_ERR_UNSUP, `There is no option ${String(option)}`);
    }
  }

  /** The one option that cannot be refused but by closing the connection. */
  private exportName(data: Buffer): void {
    const name = readString(data, 'The name of an export');
    const exported = this.host.find(name);
    if (exported === undefined) throw malformed(`The client wants the export "${name}", which there is not`);
    const flags = exported.flags(this.form !== 'simple');
    this.host.send(writeExportNameReply(exported.size, flags, !this.noZeroes));
    this.begin(exported);
  }

  private list(): void {
    for (const [name, { description }] of this.host.exports) {
      this.reply(wire.OPT_LIST, wire.REP_SERVER, writeServerReply(name, description));
    }
    this.acknowledge(wire.OPT_LIST);
  }

  private startTls(): void {
    if (this.secure) this.refuse(wire.OPT_STARTTLS, wire.REP_ERR_INVALID, 'TLS has begun');
    else if (this.host.tls === 'none') this.refuse(wire.OPT_STARTTLS, wire.REP_ERR_POLICY, 'There is no TLS');
    else {
      this.acknowledge(wire.OPT_STARTTLS);
      this.needs = 0;
      this.host.startTls();
    }
  }

  private info(option: number, data: Buffer): void {
    const { name, infos } = readExportQuestion(data);
    const exported = this.host.find(name);
    if (exported === undefined) {
      this.refuse(option, wire.REP_ERR_UNKNOWN, `There is no export "${name}"`);
      return;
    }
    const sizes = exported.blockSizes(this.host.limits.requestBytes);
    // There is a largest in any case: as the protocol wants it, they are told to those, too, who do not ask.
    this.reply(option, wire.REP_INFO, writeExportInfo(sizes));
    if (sizes.minimum > 1 && !infos.includes(wire.INFO_BLOCK_SIZE)) {
      // A client that does not ask assumes that it may do as it likes.
      const why = `Requests are in blocks of ${String(sizes.minimum)} bytes: ask for the block sizes`;
      this.refuse(option, wire.REP_ERR_BLOCK_SIZE_REQD, why);
      return;
    }
    const { size, description } = exported;
    const flags = exported.flags(this.form !== 'simple');
    this.reply(option, wire.REP_INFO, writeExportInfo({ info: 'export', size, flags }));
    if (infos.includes(wire.INFO_NAME)) {
      this.reply(option, wire.REP_INFO, writeExportInfo({ info: 'name', text: exported.name }));
    }
    if (infos.includes(wire.INFO_DESCRIPTION)) {
      this.reply(option, wire.REP_INFO, writeExportInfo({ info: 'description', text: description }));
    }
    this.acknowledge(option);
    if (option === wire.OPT_GO) this.begin(exported);
  }

  private agreeOn(option: number, form: ReplyForm): void {
    this.form = form;
    this.acknowledge(option);
  }

  private metaContext(option: number, data: Buffer): void {
    const setting = option === wire.OPT_SET_META_CONTEXT;
    // Whatever comes of it, what was set before is not any more.
    if (setting) this.allocationOf = null;
    const { name, queries } = readMetaQuestion(data);
    if (this.form === 'simple') throw malformed('Metadata contexts need structured replies');
    const exported = this.host.find(name);
    if (exported === undefined) {
      this.refuse(option, wire.REP_ERR_UNKNOWN, `There is no export "${name}"`);
      return;
    }
    const all = !setting && queries.length === 0;
    const found = queries.some((query) => query === wire.BASE_ALLOCATION || (!setting && query === 'base:'));
    if (all || found) {
      this.reply(option, wire.REP_META_CONTEXT, writeMetaContext(setting ? ALLOCATION_ID : 0, wire.BASE_ALLOCATION));
      if (setting) this.allocationOf = exported;
    }
    this.acknowledge(option);
  }

  private begin(exported: Export): void {
    this.needs = 0;
    const allocation = this.allocationOf === exported ? ALLOCATION_ID : null;
    this.host.begin({ exported, form: this.form, allocation });
  }

  private withoutData(data: Buffer): void {
    if (data.length > 0) throw malformed('The option has data, and should have none');
  }

  private acknowledge(option: number): void {
    this.reply(option, wire.REP_ACK, NOTHING);
  }

  private refuse(option: number, type: number, message: string): void {
    this.host.send(writeOptionError(option, type, message));
  }

  private reply(option: number, type: number, data: Buffer): void {
    this.host.send(writeOptionReply(option, type, data));
  }
}
