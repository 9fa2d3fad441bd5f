#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { checkCommand } from './check-command.js';
import { compareCommand } from './compare-command.js';
import { createCommand } from './create-command.js';
import { infoCommand } from './info-command.js';
import { rebuildCommand } from './rebuild-command.js';
import { serveCommand } from './serve-command.js';

/** Exit codes: 0 done, 1 failed, 2 called wrongly, 130 (129, 143) interrupted. */
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Codes of errors that the call itself is to blame for. */
const WRONG_CALLS = ['ERR_CALL', 'ERR_DESIGN', 'ERR_EXPERIMENT', 'ERR_PLAN', 'ERR_SOCKET_PATH'];

const program = new Command('wakechain')
  .description('Disks that stack, served over NBD, and the comparison of the designs that carry their requests')
  .version(version)
  .exitOverride()
  .addCommand(serveCommand())
  .addCommand(createCommand())
  .addCommand(infoCommand())
  .addCommand(checkCommand())
  .addCommand(rebuildCommand())
  .addCommand(compareCommand());
for (const command of program.commands) command.exitOverride();

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read the output has seen enough, as `head` does.
  if (error.code === 'EPIPE') process.exit();
  process.exitCode = 1;
  complain(error);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.exitCode ??= WRONG_CALLS.includes((error as NodeJS.ErrnoException).code ?? '') ? 2 : 1;
    complain(error);
  }
}

function complain(error: unknown): void {
  process.stderr.write(`wakechain: ${error instanceof Error ? plain(error) : String(error)}\n`);
}

/** A failed system call on a path, as other commands tell it. */
function plain({ message, code, path }: NodeJS.ErrnoException): string {
  const what = /^[A-Z]+: (.*), \w+ '/.exec(message)?.[1];
  return what === undefined || path === undefined ? message : `${path}: ${what} (${String(code)})`;
}
