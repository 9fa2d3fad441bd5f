/**
 * A supervisor: it asks a child process how it is, starts it again when it has said nothing for half a second or has
 * exited, and stops at Ctrl-C. One cancel from the top ends it all, and what it started is gone when that has settled.
 * Run it: npx tsx examples/11-supervisor.ts
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { firstOf, forEach, fromEmitter, fromEvents, interval, select, timeout, watch, when } from 'wakechain';
import { exited } from 'wakechain/node';

/** The program that is looked after: it answers three times, and then hangs. */
const program = `
  let answers = 0;
  process.on('message', () => { if (++answers <= 3) process.send('well, for the time ' + answers); });
  process.on('SIGINT', () => {}); // Ctrl-C is for who looks after it
`;
const children: ChildProcess[] = [];
using ticks = interval(20);

/** From the start of a child to its end: ends by itself when that exits, or when it is silent for too long. */
function live(life: number) {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.push(child);
  console.log(`life ${String(life + 1)}`);
  const answers = fromEvents(child, 'message', { value: String });
  let idle = timeout(60_000, { unref: true }); // to start
  const talk = forEach(
    () =>
      select([
        when(answers.receiving(), (answer) => {
          console.log(`  ${answer}`);
          idle = timeout(500, { unref: true });
          // So that this example ends: somebody presses Ctrl-C.
          if (life === 1 && answer.endsWith('3')) process.kill(process.pid, 'SIGINT');
        }),
        when(ticks.reading(), () => void child.send('how are you?')),
        when(watch(idle), () => false),
      ]),
    (goesOn) => goesOn,
  );
  // Who loses is cancelled, which kills a child, and joined: the next is not started before this one has gone.
  return firstOf({ exit: exited(child, { kill: 'SIGTERM' }), silence: talk }, { losers: 'join' });
}

const supervisor = forEach(live, ({ name, value }) => {
  console.log(name === 'silence' ? 'silent for too long' : `exited: ${String(value.signal ?? value.code)}`);
});
fromEmitter(process, 'SIGINT').notify(() => supervisor.cancel('Ctrl-C'));

await supervisor.promise().catch((error: unknown) => {
  console.log('stopped:', (error as Error).cause);
});
console.log('children:', children.map(({ signalCode }) => signalCode).join(', '));
