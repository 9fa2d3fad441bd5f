import { PagePool, type PageVector } from '../io/index.js';

/** A pool that tells how much was taken from it. */
export class CountedPool extends PagePool {
  /** Bytes that were asked for so far. */
  taken = 0;

  override allocate(bytes: number): PageVector {
    const pages = super.allocate(bytes);
    this.taken += bytes;
    return pages;
  }
}
