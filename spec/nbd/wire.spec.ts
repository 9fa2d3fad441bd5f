import { expect } from 'chai';
import fc from 'fast-check';
import { seed } from '../conformance/random.js';
import * as errno from '../../lib/nbd/errno.js';
import * as wire from '../../lib/nbd/wire.js';
import { BASE_ALLOCATION, INIT_MAGIC, OPTION_MAGIC, readU64, writeU64 } from '../../lib/nbd/wire.js';

/** The numbers as the protocol's document has them (doc/proto.md, "Values"): decimal where it counts, by bits where it names bits. */
const bit = (n: number): number => 2 ** n;
const numbers: Record<string, number | bigint> = {
  INIT_MAGIC: 0x4e42444d41474943n,
  OPTION_MAGIC: 0x49484156454f5054n,
  OPTION_REPLY_MAGIC: 0x3e889045565a9n,
  REQUEST_MAGIC: 0x25609513,
  EXTENDED_REQUEST_MAGIC: 0x21e41c71,
  SIMPLE_REPLY_MAGIC: 0x67446698,
  STRUCTURED_REPLY_MAGIC: 0x668e33ef,
  EXTENDED_REPLY_MAGIC: 0x6e8a278c,
  FLAG_FIXED_NEWSTYLE: bit(0),
  FLAG_NO_ZEROES: bit(1),
  FLAG_HAS_FLAGS: bit(0),
  FLAG_READ_ONLY: bit(1),
  FLAG_SEND_FLUSH: bit(2),
  FLAG_SEND_FUA: bit(3),
  FLAG_SEND_TRIM: bit(5),
  FLAG_SEND_WRITE_ZEROES: bit(6),
  FLAG_SEND_DF: bit(7),
  FLAG_CAN_MULTI_CONN: bit(8),
  FLAG_SEND_CACHE: bit(10),
  FLAG_SEND_FAST_ZERO: bit(11),
  OPT_EXPORT_NAME: 1,
  OPT_ABORT: 2,
  OPT_LIST: 3,
  OPT_STARTTLS: 5,
  OPT_INFO: 6,
  OPT_GO: 7,
  OPT_STRUCTURED_REPLY: 8,
  OPT_LIST_META_CONTEXT: 9,
  OPT_SET_META_CONTEXT: 10,
  OPT_EXTENDED_HEADERS: 11,
  REP_ACK: 1,
  REP_SERVER: 2,
  REP_INFO: 3,
  REP_META_CONTEXT: 4,
  REP_ERROR: bit(31),
  REP_ERR_UNSUP: bit(31) + 1,
  REP_ERR_POLICY: bit(31) + 2,
  REP_ERR_INVALID: bit(31) + 3,
  REP_ERR_TLS_REQD: bit(31) + 5,
  REP_ERR_UNKNOWN: bit(31) + 6,
  REP_ERR_SHUTDOWN: bit(31) + 7,
  REP_ERR_BLOCK_SIZE_REQD: bit(31) + 8,
  REP_ERR_EXT_HEADER_REQD: bit(31) + 10,
  INFO_EXPORT: 0,
  INFO_NAME: 1,
  INFO_DESCRIPTION: 2,
  INFO_BLOCK_SIZE: 3,
  CMD_READ: 0,
  CMD_WRITE: 1,
  CMD_DISC: 2,
  CMD_FLUSH: 3,
  CMD_TRIM: 4,
  CMD_CACHE: 5,
  CMD_WRITE_ZEROES: 6,
  CMD_BLOCK_STATUS: 7,
  CMD_FLAG_FUA: bit(0),
  CMD_FLAG_NO_HOLE: bit(1),
  CMD_FLAG_DF: bit(2),
  CMD_FLAG_REQ_ONE: bit(3),
  CMD_FLAG_FAST_ZERO: bit(4),
  CMD_FLAG_PAYLOAD_LEN: bit(5),
  REPLY_FLAG_DONE: bit(0),
  REPLY_NONE: 0,
  REPLY_OFFSET_DATA: 1,
  REPLY_OFFSET_HOLE: 2,
  REPLY_BLOCK_STATUS: 5,
  REPLY_BLOCK_STATUS_EXT: 6,
  REPLY_ERROR_BIT: bit(15),
  REPLY_ERROR: bit(15) + 1,
  REPLY_ERROR_OFFSET: bit(15) + 2,
  STATE_HOLE: bit(0),
  STATE_ZERO: bit(1),
  MOST_BLOCK_BYTES: 65_536,
  MAX_STRING_BYTES: 4096,
};

describe('wire', () => {
  const exported = Object.entries(wire).filter(([, value]) => typeof value === 'number' || typeof value === 'bigint');

  it('has the numbers of the protocol, each of them and no other (P1, P2)', () => {
    expect(Object.fromEntries(exported)).to.deep.equal(numbers);
  });

  it('has the words of the protocol (P1)', () => {
    const ascii = (magic: bigint): string => Buffer.from(magic.toString(16), 'hex').toString('latin1');
    expect([ascii(INIT_MAGIC), ascii(OPTION_MAGIC), BASE_ALLOCATION]).to.deep.equal(['NBDMAGIC', 'IHAVEOPT', 'base:allocation']); // prettier-ignore
  });

  it('has the error values of the protocol, and tells each name by the right one (P2)', () => {
    const { EPERM, EIO, EINVAL, ENOSPC, EOVERFLOW, ENOTSUP, ESHUTDOWN, errnoOf } = errno;
    expect({ EPERM, EIO, EINVAL, ENOSPC, EOVERFLOW, ENOTSUP, ESHUTDOWN }).to.deep.equal({
      EPERM: 1,
      EIO: 5,
      EINVAL: 22,
      ENOSPC: 28,
      EOVERFLOW: 75,
      ENOTSUP: 95,
      ESHUTDOWN: 108,
    });
    const codes = ['EIO', 'EINVAL', 'ENOSPC', 'ENOMEM', 'ENXIO', 'EROFS', 'EOPNOTSUPP', 'ECANCELED', 'ETIMEDOUT'] as const; // prettier-ignore
    expect(codes.map(errnoOf)).to.deep.equal([5, 22, 28, 12, 5, 1, 95, 108, 5]);
  });
});

describe('readU64 and writeU64', () => {
  it('carry every whole number that is exact', () => {
    const bytes = Buffer.alloc(12);
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        writeU64(bytes, value, 3);
        expect(readU64(bytes, 3)).to.equal(value);
        expect(bytes.readBigUInt64BE(3)).to.equal(BigInt(value));
      }),
      { seed },
    );
  });

  it('make of what is not exact a number larger than any device', () => {
    const bytes = Buffer.alloc(8, 0xff);
    expect(readU64(bytes, 0)).to.equal(2 ** 64);
    writeU64(bytes, 2 ** 64, 0);
    expect(readU64(bytes, 0)).to.be.greaterThan(2 ** 63);
  });
});
