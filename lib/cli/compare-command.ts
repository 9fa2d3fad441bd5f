import { Command, InvalidArgumentError } from 'commander';
import { SingleBar } from 'cli-progress';
import { checkReport, compare, comparisonText, writeReport, type CompareOptions } from '../compare/index.js';

interface Flags {
  file?: string;
  strategy?: string[];
  experiment?: string[];
  rounds?: number;
  seed?: number;
  json?: boolean;
  out?: string;
}

/** `wakechain compare`. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('send a real file through a stack of layers under each design, and measure the designs')
    .option('--file <path>', 'the file to send through the stack (default: the Node binary that runs this)')
    .option('--strategy <name...>', 'the designs to compare, the first as the base of ratios (default: all)')
    .option('--experiment <name...>', 'what to run: real-file, depth, fan-out, cancel (default: all)')
    .option('--rounds <n>', 'interleaved rounds of each experiment (default: 15)', wholeNumber(1))
    .option('--seed <n>', 'where random workloads begin (default: 1)', wholeNumber(0))
    .option('--json', 'print the figures as JSON')
    .option('--out <dir>', 'write a Markdown report with a plot per experiment there')
    .action(run);
}

const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function run(flags: Flags): Promise<void> {
  const interrupt = new AbortController();
  const { signal } = interrupt;
  // It stays for the second one as well, which a launcher may send along with the terminal's: both mean the same.
  const onInterrupt = (): void => {
    interrupt.abort(new Error('interrupted'));
  };
  for (const name of INTERRUPTS) process.on(name, onInterrupt);
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {step} | {eta_formatted} left',
    stream: process.stderr,
    noTTYOutput: false,
    clearOnComplete: true,
    hideCursor: true,
  });
  const options: CompareOptions = {
    ...(flags.file === undefined ? {} : { file: flags.file }),
    ...(flags.strategy === undefined ? {} : { designs: flags.strategy }),
    ...(flags.experiment === undefined ? {} : { experiments: flags.experiment }),
    ...(flags.rounds === undefined ? {} : { rounds: flags.rounds }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    signal,
    onProgress(step, done, total) {
      if (done === 0) bar.start(total, 0, { step });
      else bar.update(done, { step });
    },
  };
  try {
    if (flags.out !== undefined) await checkReport(flags.out);
    const comparison = await compare(options);
    bar.stop();
    signal.throwIfAborted();
    process.stdout.write(
      flags.json === true ? `${JSON.stringify(comparison, null, 2)}\n` : `${comparisonText(comparison)}\n`,
    );
    if (flags.out !== undefined) {
      process.stderr.write(`Report: ${await writeReport(comparison, flags.out, { signal })}\n`);
    }
  } catch (error) {
    bar.stop();
    if (!signal.aborted) throw error;
    process.exitCode = 130;
    throw new Error('interrupted; the work was cancelled and its temporary files removed');
  } finally {
    // After an interrupt the process ends with its own code, whatever else comes.
    if (!signal.aborted) for (const name of INTERRUPTS) process.removeListener(name, onInterrupt);
  }
}

function wholeNumber(from: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= from) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${String(from)} up.`);
  };
}
