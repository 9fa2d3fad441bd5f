/** Keeps the requests of a queue back, until it is taken out. Made by `queue.plug()`. */
export class Plug {
  private readonly plugs: Set<Plug>;
  private readonly onLast: () => void;

  /** @internal */
  constructor(plugs: Set<Plug>, onLast: () => void) {
    this.plugs = plugs;
    this.onLast = onLast;
    plugs.add(this);
  }

  /** Whether it keeps requests back: not any more after `unplug`, or after the queue had to let everything on. */
  get active(): boolean {
    return this.plugs.has(this);
  }

  /** Takes it out. Once the last one is, requests go on before this returns. A second call does nothing. */
  unplug(): void {
    if (this.plugs.delete(this) && this.plugs.size === 0) this.onLast();
  }

  [Symbol.dispose](): void {
    this.unplug();
  }
}
