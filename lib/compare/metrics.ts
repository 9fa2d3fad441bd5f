import type { Counters } from '../io/index.js';
import type { Metric } from './experiment.js';

const exact = (name: string, unit: Metric['unit'], meaning: string): Metric => ({
  name,
  unit,
  better: 'less',
  kind: 'exact',
  meaning,
});

/** What is counted in `counters`, by its name there. */
const counted: Readonly<Record<keyof Counters, Metric>> = {
  headers: exact('headers', '', 'headers made: containers, pieces, clones'),
  links: exact('links', '', 'entries and links made to join or to layer headers'),
  callbacks: exact('callbacks', '', 'calls of a layer that an I/O below it has ended'),
  visited: exact('visited', '', 'headers looked at to find what a cancel can pull'),
};

const heap = (name: string, meaning: string): Metric => ({
  name,
  unit: 'B',
  better: 'less',
  kind: 'measured',
  meaning,
});

/** What `measure` finds of every contender, per request: counts first, then the time. */
export const commonMetrics: readonly Metric[] = [
  ...Object.values(counted),
  exact('operations', '', 'transfers that devices at the bottom were asked for'),
  heap('allocated', 'heap allocated, the median over rounds'),
  heap('retained', 'heap held by a request in flight'),
  { name: 'time', unit: 'ns', better: 'less', kind: 'timed', meaning: 'time, the median over rounds' },
];
