import type { IoRequest } from '../io/io-request.js';
import type { Loan } from './buffers.js';
import type { StatusExtent } from './chunks.js';
import type { RequestHeader } from './requests.js';

/** A client's request while it is under way; an object is used for one after the other. */
export class Job {
  /** Bits of `CMD_FLAG_…`. */
  flags = 0;
  type = 0;
  cookieHigh = 0;
  cookieLow = 0;
  position = 0;
  length = 0;
  /** Its memory, and the request that was made of the device; null at rest. */
  loan: Loan | null = null;
  request: IoRequest | null = null;
  /** What was found out for it; null unless that is what it asks for. */
  extents: readonly StatusExtent[] | null = null;
  /** Whether what it has done is being made stable. */
  flushing = false;
  /** Where it stands among those that are active; -1 at rest. */
  place = -1;
  /** What the request calls when it has settled. */
  readonly settled: () => void;

  constructor(ended: (job: Job) => void) {
    this.settled = () => {
      ended(this);
    };
  }

  /** Takes over what a header asks for. */
  begin(header: RequestHeader): void {
    this.flags = header.flags;
    this.type = header.type;
    this.cookieHigh = header.cookieHigh;
    this.cookieLow = header.cookieLow;
    this.position = header.position;
    this.length = header.length;
    this.flushing = false;
  }
}
