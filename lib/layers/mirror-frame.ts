import type { Io } from '../io/io.js';

/** What a mirror has to do when a request, or a part of one, comes up: a read, a write and a flush each in its way. */
export interface MirrorFrame {
  child(io: Io, part: Io, tag: unknown): void;
  done(io: Io): void;
}
