/**
 * A mirror read: all members are asked, the first good answer wins, and whoever is still reading is cancelled.
 * Run it: npx tsx examples/03-mirror-read.ts
 */
import { anyOf, Completion } from 'wakechain';

/** A member that answers, or fails, after so many milliseconds. Each reads into memory of its own. */
function read(member: string, ms: number, damaged = false): Completion<string> {
  const reading = new Completion<string>();
  const timer = setTimeout(() => {
    console.log(`${member} ${damaged ? 'has a bad sector' : 'answers'}`);
    if (damaged) reading.fail(new Error(`${member}: bad sector`));
    else reading.complete(`the block, from ${member}`);
  }, ms);
  // What cancelling means for this operation. It answers nothing, so the completion settles as cancelled.
  reading.onCancel((reason) => {
    clearTimeout(timer);
    console.log(`${member} stops: ${reason instanceof Error ? reason.message : 'it lost'}`);
  });
  return reading;
}

// A failure does not decide a choice: anyOf takes the first success, and fails only when every member has failed.
const block = anyOf([read('west', 5, true), read('north', 25), read('east', 60_000)], {
  onLose: (child) => console.log(`child ${block.children.indexOf(child)} lost`),
});
console.log(await block);
console.log(block.children.map((child) => child.state).join(', '));

// All members are damaged: the errors come together, in the order of the children.
const lost = anyOf([read('west', 10, true), read('north', 5, true)]);
await lost.then(null, (error: unknown) => console.log((error as AggregateError).errors.map(String)));

// Cancelling the parent cancels every member that is left.
const unwanted = anyOf([read('west', 60_000), read('north', 60_000)]);
console.log(unwanted.cancel(new Error('nobody needs the block')), unwanted.state);
