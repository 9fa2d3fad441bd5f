#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { compareCommand } from './compare-command.js';

/** Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted. */
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const program = new Command('wakechain')
  .description('Wait queues, compound events and a stackable I/O engine: the design comparison')
  .version(version)
  .exitOverride()
  .addCommand(compareCommand());
for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.exitCode ??= 1;
    process.stderr.write(`wakechain: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
