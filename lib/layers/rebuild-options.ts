/** How a member of a `Mirror` or a `Parity` is rebuilt. */
export interface RebuildOptions {
  /** Ends the rebuild when it aborts. */
  signal?: AbortSignal;
  /** Told of bytes of the member that are there, of so many, after each step. */
  onProgress?: (done: number, total: number) => void;
}
