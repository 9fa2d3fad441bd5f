/** A question that was left open in 2001, and the experiments that answer it. */
export interface Question {
  readonly name: string;
  readonly question: string;
  /** Names of experiments, the one that tells most first. */
  readonly experiments: readonly string[];
}

/** The questions in the order in which they were asked; the last is asked today. */
export const questions: readonly Question[] = [
  {
    name: 'Q1',
    question:
      'Is the compound event over-engineered: what does each design cost per layer and per I/O, in time, allocation and retained memory?',
    experiments: ['depth', 'fan-out', 'tree', 'plain'],
  },
  {
    name: 'Q2',
    question: 'Would clones work with stackable file systems, whose layers transform what they pass on?',
    experiments: ['transform', 'real-file'],
  },
  {
    name: 'Q3',
    question:
      'Is tracking children worth it: what does cancelling cost, and how much work is wasted, with and without?',
    experiments: ['cancel', 'cancel-progress', 'fastest'],
  },
  {
    name: 'Q4',
    question: 'For read-ahead, clones or one container with several wake functions?',
    experiments: ['read-ahead', 'read-ahead-merged'],
  },
  {
    name: 'Q5',
    question: "What does the waiter's place in the order, first in first out or last in first out, cost or gain?",
    experiments: ['waiter-order'],
  },
  {
    name: 'Q6',
    question: 'What would a program written today with promises, observables or streams pay instead?',
    experiments: ['real-file', 'depth', 'fan-out', 'tree', 'plain', 'partial', 'retry', 'deferred'],
  },
];
