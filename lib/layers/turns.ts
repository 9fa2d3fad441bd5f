/*
 * Work for the processor that would keep everything else waiting, in steps of some hundred microseconds: one for each
 * turn of the event loop, in order. So whoever has much to do takes turns with others, and with what they start.
 */

type Step = () => void;

const waiting: Step[] = [];
let taken = false;

/** Runs the step: at once when the turn is still free, else in a turn of its own behind those that came before. */
export function inTurn(step: Step): void {
  if (taken) {
    waiting.push(step);
    return;
  }
  taken = true;
  setImmediate(nextTurn);
  step();
}

function nextTurn(): void {
  const step = waiting.shift();
  taken = step !== undefined;
  if (step === undefined) return;
  setImmediate(nextTurn);
  step();
}
