import { expect } from 'chai';
import { CAPACITY, emptyTask, Ring, type Task } from '../../lib/threads/ring.js';

const taskOf = (number: number): Task => ({
  number,
  kind: 1,
  from: 2,
  fromStart: number * 2 ** 33,
  to: 3,
  toStart: 4096,
  length: 512,
  position: number * 2 ** 40,
});

describe('Ring', () => {
  it('brings tasks and answers across whole and in order, many times around', () => {
    const asker = new Ring();
    const worker = new Ring(asker.memory);
    const task = emptyTask();
    for (let round = 0; round < 5; round++) {
      const many = CAPACITY - round;
      for (let number = 0; number < many; number++) asker.post(taskOf(number));
      for (let number = 0; number < many; number++) {
        worker.take(task);
        expect(task).to.deep.equal(taskOf(number));
        worker.answer(task.number, -number, number / 8);
      }
      const answers: number[][] = [];
      while (asker.receive((...answer) => answers.push(answer)));
      expect(answers).to.deep.equal(Array.from({ length: many }, (_, i) => [i, -i, i / 8]));
    }
  });

  it('tells once of answers: of one that is there, not before it has returned, and of one that comes; and of none any more', async () => {
    const asker = new Ring();
    const worker = new Ring(asker.memory);
    let told = 0;
    const wait = (): Promise<void> =>
      new Promise((resolve) => {
        asker.awaitAnswer(() => {
          told++;
          resolve();
        });
      });
    worker.answer(0, 1, 0);
    const there = wait();
    expect(told).to.equal(0);
    await there;
    expect(asker.receive(() => undefined)).to.equal(true);
    expect(asker.receive(() => undefined)).to.equal(false);

    const coming = wait();
    // A promise that waits on shared memory does not keep the process alive.
    const alive = setInterval(() => undefined, 1000);
    await Promise.resolve();
    expect(told).to.equal(1);
    worker.answer(1, 1, 0);
    worker.answer(2, 1, 0);
    await coming;
    expect(told).to.equal(2);

    while (asker.receive(() => undefined));
    const none = wait();
    asker.stopAwaiting();
    await none;
    clearInterval(alive);
    expect(told).to.equal(3);
  });
});
