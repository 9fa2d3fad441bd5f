import type { Inlet, Taker } from './inlet.js';

/** Reads messages one by one, as somebody asks for them: for handshakes, where each tells how long the next one is. */
export class MessageReader implements Taker {
  needs = 0;
  private readonly inlet: () => Inlet;
  private wanted: { resolve: (message: Buffer) => void; reject: (error: Error) => void } | null = null;
  private failure: Error | null = null;

  /** @param inlet where the messages come from; asked each time */
  constructor(inlet: () => Inlet) {
    this.inlet = inlet;
  }

  /** The next so many bytes. One read at a time. Rejects with what {@link fail} was told. */
  read(bytes: number): Promise<Buffer> {
    if (this.failure !== null) return Promise.reject(this.failure);
    if (bytes === 0) return Promise.resolve(Buffer.alloc(0));
    return new Promise((resolve, reject) => {
      this.wanted = { resolve, reject };
      this.needs = bytes;
      this.inlet().resume();
    });
  }

  /** Nothing more will come. */
  fail(error: Error): void {
    this.failure ??= error;
    const { wanted } = this;
    this.wanted = null;
    wanted?.reject(this.failure);
  }

  take(bytes: Buffer, at: number): void {
    const { wanted, needs } = this;
    this.wanted = null;
    this.needs = 0;
    wanted?.resolve(Buffer.from(bytes.subarray(at, at + needs)));
  }

  landed(): void {
    // Messages are taken whole.
  }
}
