import { SingleBar } from 'cli-progress';

/** A progress bar on a terminal's stderr; elsewhere nothing. */
export class Bar {
  private readonly bar: SingleBar;
  private readonly what: string;
  private started = false;

  constructor(what: string, stream: NodeJS.WriteStream = process.stderr) {
    this.what = what;
    this.bar = new SingleBar({
      format: '{bar} {percentage}% | {what} | {eta_formatted} left',
      stream,
      noTTYOutput: false,
      clearOnComplete: true,
      hideCursor: true,
    });
  }

  update(done: number, total: number): void {
    const { what } = this;
    if (!this.started) this.bar.start(total, done, { what });
    this.started = true;
    this.bar.update(done, { what });
  }

  stop(): void {
    if (this.started) this.bar.stop();
    this.started = false;
  }
}
