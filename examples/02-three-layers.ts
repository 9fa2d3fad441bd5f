/**
 * A completion with three filter layers, one of which holds. Layers run newest first, then the state settles, then the
 * waiters are told, oldest first. While a layer holds, nobody above it knows that anything has arrived.
 * Run it: npx tsx examples/02-three-layers.ts
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { Completion } from 'wakechain';

const reading = new Completion<Uint8Array>();
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

// Waiters may subscribe at any time; they stand behind all layers.
reading.notify((settled) => console.log(`waiter 1: "${text(settled.value)}", state ${settled.state}`));

// A stack is built from the top down, so the layer nearest to the device comes last and sees the result first.
reading.intercept((outcome) => {
  console.log('layer 3 adds an exclamation mark');
  outcome.succeed(Buffer.from(`${text(outcome.value)}!`));
});

reading.intercept((outcome) => {
  console.log('layer 2 holds until the length has been looked up');
  outcome.hold(async () => {
    const expected = await lookUpLength();
    console.log(`layer 2 resumes: length ${outcome.value.length}, expected ${expected}`);
    if (outcome.value.length !== expected) throw new Error('the data is damaged'); // would fail the reading
  });
});

reading.intercept((outcome) => {
  console.log('layer 1 unpacks');
  outcome.succeed(gunzipSync(outcome.value));
});

reading.notify(() => console.log('waiter 2 is told after waiter 1'));

function lookUpLength(): Promise<number> {
  return new Promise((resolve) => setTimeout(resolve, 10, 'wait queues'.length));
}

console.log(`state ${reading.state}`);
const accepted = reading.complete(gzipSync('wait queues'));
console.log(`complete() answered ${accepted}, state ${reading.state}`);
console.log(`a second complete() answers ${reading.complete(new Uint8Array())}`);

console.log(`await gives "${text(await reading)}"`);
