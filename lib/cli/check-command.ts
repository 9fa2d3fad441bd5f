import { Command } from 'commander';
import { hasProblems, type Mirror, Parity, scrub, type ParityDoubt, type ScrubReport } from '../io/index.js';
import { arraysOf } from './arrays-of.js';
import { Bar } from './bar.js';
import { exitCodeOf, interruptible } from './interrupts.js';
import { bytesText } from './numbers.js';
import { openDegraded } from './open-degraded.js';
import { withStackFlags, type StackFlags } from './stack-flags.js';

interface Flags extends StackFlags {
  repair?: boolean;
  json?: boolean;
}

/** `wakechain check`. */
export function checkCommand(): Command {
  return withStackFlags(new Command('check'))
    .description(
      'verify the checksums, mirrors and parity of a stack, and change nothing without --repair; exits with 1 when something is wrong and stays so',
    )
    .option('--repair', 'write what is right over what is wrong, where that is known')
    .option('--json', 'print what was found as JSON')
    .action(run);
}

async function run(path: string | undefined, flags: Flags): Promise<void> {
  await interruptible(async (signal) => {
    // An array that is opened to be written stores so, and what it has to do without as failed.
    const overlay = flags.repair !== true;
    await using stack = await openDegraded(path, flags, { overlay });
    const bar = new Bar('checking');
    let reports: ScrubReport[];
    try {
      const onProgress = (done: number, total: number): void => bar.update(done, total);
      reports = await scrub(stack.top, { repair: flags.repair === true, signal, onProgress });
    } catch (error) {
      if (!signal.aborted) throw error;
      process.exitCode = exitCodeOf(signal);
      process.stderr.write('wakechain: interrupted; nothing was left half done\n');
      return;
    } finally {
      bar.stop();
    }
    const all = arraysOf(stack.top);
    const degraded = all.filter((array) => array.degraded);
    const doubts = all.flatMap((array) => (array instanceof Parity ? array.doubts.map((doubt) => ({ name: array.name, ...doubt })) : [])); // prettier-ignore
    if (flags.json === true) {
      const arrays = degraded.map(({ name, members }) => ({ name, states: members.map(({ state }) => state) }));
      process.stdout.write(`${JSON.stringify({ reports, degraded: arrays, doubts }, null, 2)}\n`);
    } else process.stdout.write(`${[...reports.flatMap(reportLines), ...degraded.map(degradedLine), ...doubts.map(doubtLine)].join('\n') || 'nothing to check: no layer keeps sums or copies'}\n`); // prettier-ignore
    if (reports.some(hasProblems) || degraded.length + doubts.length > 0) process.exitCode = 1;
  });
}

function reportLines({ device, checked, mismatched, unreadable, repaired, problems }: ScrubReport): string[] {
  const found = [
    mismatched > 0 ? `${bytesText(mismatched)} mismatched` : null,
    unreadable > 0 ? `${bytesText(unreadable)} unreadable` : null,
    repaired > 0 ? `${bytesText(repaired)} repaired` : null,
  ].filter((text) => text !== null);
  const lines = problems.map(({ kind, member, position, length, repaired: done }) => {
    const where = member === null ? '' : ` on member ${String(member)}`;
    return `  ${kind}: ${String(length)} bytes at ${String(position)}${where}${done ? ', repaired' : ''}`;
  });
  return [`${device}: ${bytesText(checked)} checked, ${found.join(', ') || 'no problem'}`, ...lines];
}

function degradedLine({ name, members }: Mirror | Parity): string {
  return `${name}: degraded, its members are ${members.map(({ state }) => state).join(', ')}`;
}

function doubtLine({ name, member, position, length }: ParityDoubt & { name: string }): string {
  return (
    `${name}: in doubt since a crash, ${String(length)} bytes at ${String(position)}, which member ${String(member)} ` +
    'cannot read and parity may tell wrongly; writing them anew ends it'
  );
}
