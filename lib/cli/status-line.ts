import type { NbdFigures } from '../nbd/index.js';
import { bytesText } from './numbers.js';

const EVERY_MS = 500;

/** What it looks at. */
interface Served {
  readonly figures: Readonly<NbdFigures>;
  readonly inFlight: number;
  readonly connections: number;
}

/** What a server is doing, in one line on a terminal's stderr, below what is logged there. */
export class StatusLine {
  private readonly stream: NodeJS.WriteStream;
  private timer: ReturnType<typeof setInterval> | undefined = undefined;
  private line = '';

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.stream = stream;
  }

  /** Shows what a server does from now on; where there is no terminal, nothing. */
  follow(server: Served): void {
    if (!this.stream.isTTY) return;
    let before = { ...server.figures };
    let at = performance.now();
    const show = (): void => {
      const { requests, errors, bytesRead, bytesWritten } = server.figures;
      const now = performance.now();
      const seconds = Math.max(now - at, 1) / 1000;
      this.show(
        `${String(Math.round((requests - before.requests) / seconds))} requests/s, ${String(server.inFlight)} in flight, ` +
          `${String(errors)} errors, ${String(server.connections)} connections, ` +
          `read ${bytesText(Math.round((bytesRead - before.bytesRead) / seconds))}/s, ` +
          `written ${bytesText(Math.round((bytesWritten - before.bytesWritten) / seconds))}/s`,
      );
      before = { ...server.figures };
      at = now;
    };
    show();
    this.timer = setInterval(show, EVERY_MS).unref();
  }

  /** Writes a line of its own. */
  log(text: string): void {
    const { line } = this;
    this.show('');
    this.stream.write(`wakechain: ${text}\n`);
    this.show(line);
  }

  stop(): void {
    clearInterval(this.timer);
    this.show('');
  }

  private show(line: string): void {
    if (!this.stream.isTTY || line === this.line) return;
    // A terminal that does not know how wide it is has 0 columns.
    const columns = this.stream.columns || 80;
    this.stream.write(`\r\u001b[K${line.slice(0, Math.max(20, columns - 1))}`);
    this.line = line;
  }
}
