import { contendWith, type Work } from '../contend.js';
import type { Experiment } from '../experiment.js';
import type { Polling } from '../rival.js';

/** Events that become ready for each wait. */
const READY = 3;

/** Scenario 4: one waits for many, of which few become ready. */
export const poll: Experiment = {
  name: 'poll',
  title: 'Waiting for any of many events',
  question: 'What does it cost to wait for any of many events, of which three become ready?',
  unit: 'events',
  xLabel: 'Events that are waited for together',
  points: { quick: [1000], full: [10, 100, 1000, 10_000], thorough: [10, 100, 1000, 10_000] },
  metrics: [
    {
      name: 'wakeups',
      unit: '',
      better: 'less',
      kind: 'exact',
      meaning: 'times that the waiter was woken for the three',
    },
    { name: 'spurious', unit: '', better: 'less', kind: 'exact', meaning: 'times that it was woken and found nothing' },
    {
      name: 'left',
      unit: '',
      better: 'less',
      kind: 'exact',
      meaning: 'registrations that a wait leaves behind at events',
    },
  ],
  decides: ['time', 'links', 'left'],
  at: (events, setting) =>
    contendWith(events, setting, async ({ poll: make }) => {
      const made = await make?.(events);
      if (made === undefined) return { cannot: 'carries I/O, and has no events that a caller could wait for' };
      return 'cannot' in made ? made : polling(events, made, () => make?.(events) as Polling | Promise<Polling>);
    }),
};

/** The waiter comes first; then the events become ready, never the same ones in a row. */
function polling(events: number, first: Polling, again: () => Polling | Promise<Polling>): Work {
  let polled = first;
  let at = 0;
  let wakeups = 0;
  let spurious = 0;
  const wait = async (): Promise<void> => {
    const waiting = polled.wait();
    for (let one = 0; one < READY; one++) polled.signal((at += 7) % events);
    for (let found = await waiting, missing = READY; ; found = await polled.wait()) {
      wakeups++;
      if (found.length === 0) spurious++;
      missing -= found.length;
      if (missing <= 0) break;
    }
  };
  return {
    async run(times) {
      for (let i = 0; i < times; i++) await wait();
    },
    totals: () => ({ wakeups, spurious }),
    /** Begins anew: what a design leaves behind would grow without end. */
    async extra() {
      polled = await again();
      return {};
    },
    async after() {
      polled = await again();
      await wait();
      return { left: polled.left };
    },
  };
}
