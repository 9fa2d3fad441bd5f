import { pathToFileURL } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { SingleBar } from 'cli-progress';
import {
  answersText,
  briefText,
  checkReport,
  compare,
  experiments,
  experimentText,
  introText,
  methodOf,
  rivals,
  writeReport,
  type CompareOptions,
} from '../compare/index.js';
import { exitCodeOf, Interruption, INTERRUPTS } from './interrupts.js';

interface Flags {
  file?: string;
  trace?: string;
  strategy?: string[];
  experiment?: string[];
  quick?: boolean;
  thorough?: boolean;
  rounds?: number;
  minutes?: number;
  seed?: number;
  brief?: boolean;
  json?: boolean;
  out?: string;
}

/** `wakechain compare`. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('send a real file through a stack of layers under each design, and measure the designs')
    .option('--file <path>', 'the file to send through the stack (default: the Node binary that runs this)')
    .option('--trace <path>', 'a block trace to replay as well: MSR-Cambridge CSV, fio iolog or blkparse text')
    .option(
      '--strategy <name...>',
      `the designs to compare, the first as the base of ratios: ${namesOf(rivals)} or paths of modules (default: all)`,
    )
    .option('--experiment <name...>', `what to run: ${namesOf(experiments)}, or paths of modules (default: all)`)
    .addOption(new Option('--quick', 'fewer points: one to two minutes on two cores').conflicts('thorough'))
    .option('--thorough', 'more points and rounds: under a quarter of an hour')
    .option('--rounds <n>', 'interleaved rounds of each experiment (default: 15, thorough 31)', wholeNumber(1))
    .option(
      '--minutes <n>',
      'what it may take at most: it makes do with fewer rounds and points (default: thorough 14)',
      wholeNumber(1),
    )
    .option('--seed <n>', 'where random workloads begin (default: 1)', wholeNumber(0))
    .addOption(
      new Option('--brief', 'print what each experiment found in a few lines, without its table').conflicts('json'),
    )
    .option('--json', 'print the figures as JSON')
    .option('--out <dir>', 'write the report there: a page, its Markdown twin, a plot per experiment, the figures')
    .action(run);
}

function namesOf(named: readonly { readonly name: string }[]): string {
  return named.map(({ name }) => name).join(', ');
}

async function run(flags: Flags): Promise<void> {
  const interrupt = new AbortController();
  const { signal } = interrupt;
  // It stays for the second one as well, which a launcher may send along with the terminal's: both mean the same.
  const onInterrupt = (name: (typeof INTERRUPTS)[number]): void => {
    interrupt.abort(new Interruption(name));
  };
  for (const name of INTERRUPTS) process.on(name, onInterrupt);
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {step} | {eta_formatted} left',
    stream: process.stderr,
    noTTYOutput: false,
    clearOnComplete: true,
    hideCursor: true,
  });
  let told = 0;
  const print = (text: string): void => {
    // The bar makes way for what is printed and comes back below it.
    bar.stop();
    process.stdout.write(`${told++ === 0 ? '' : '\n'}${text}\n`);
    bar.start(bar.getTotal(), done, { step });
  };
  let done = 0;
  let step = '';
  const options: CompareOptions = {
    ...(flags.file === undefined ? {} : { file: flags.file }),
    ...(flags.trace === undefined ? {} : { trace: flags.trace }),
    ...(flags.strategy === undefined ? {} : { designs: flags.strategy.map(nameOrModule) }),
    ...(flags.experiment === undefined ? {} : { experiments: flags.experiment.map(nameOrModule) }),
    ...(flags.minutes === undefined ? {} : { budgetMs: flags.minutes * 60_000 }),
    ...(flags.rounds === undefined ? {} : { rounds: flags.rounds }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    plan: flags.thorough === true ? 'thorough' : flags.quick === true ? 'quick' : 'full',
    signal,
    onProgress(now, ...[steps, total]) {
      [step, done] = [now, steps];
      if (steps > 0) bar.update(steps, { step });
      else {
        bar.start(total, 0, { step });
        if (flags.brief === true && told === 0) print(introText(flags.strategy ?? rivals.map(({ name }) => name)));
      }
    },
    onResult(result, comparison) {
      if (flags.json === true) return;
      if (flags.brief === true) {
        print(briefText(result, comparison));
        return;
      }
      if (told === 0) print(methodOf(comparison).join('\n'));
      print(experimentText(result));
    },
  };
  try {
    if (flags.out !== undefined) await checkReport(flags.out);
    const comparison = await compare(options);
    bar.stop();
    const answers = flags.json === true ? '' : answersText(comparison);
    if (answers !== '') process.stdout.write(`\n${answers}\n`);
    if (flags.json === true) process.stdout.write(`${JSON.stringify(comparison, null, 2)}\n`);
    if (flags.out !== undefined && comparison.experiments.length > 0) {
      process.stderr.write(`Report: ${await writeReport(comparison, flags.out)}\n`);
    }
    if (!comparison.interrupted) return;
    process.exitCode = exitCodeOf(signal);
    process.stderr.write('wakechain: interrupted; what was found until then is above, temporary files are removed\n');
  } catch (error) {
    bar.stop();
    throw error;
  } finally {
    // After an interrupt the process ends with its own code, whatever else comes.
    if (!signal.aborted) for (const name of INTERRUPTS) process.removeListener(name, onInterrupt);
  }
}

/** What looks like a path is a module whose default export is meant. */
function nameOrModule(text: string): string | URL {
  return /[./\\]/.test(text) ? pathToFileURL(text) : text;
}

function wholeNumber(from: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= from) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${String(from)} up.`);
  };
}
