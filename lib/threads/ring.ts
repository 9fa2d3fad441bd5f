/** Tasks that were posted and not answered, at most. A power of two. */
export const CAPACITY = 256;

/** Numbers of a task: its own, and what {@link Task} has. */
const TASK_NUMBERS = 8;
/** Numbers of an answer: that of the task, its result, and the milliseconds it took. */
const ANSWER_NUMBERS = 3;

/*
 * Of the control words, each in a cache line of its own, so that neither thread takes from the other what it polls:
 * how many tasks were posted, how many answered, whether the one that works is asleep, whether answers are awaited.
 */
const POSTED = 0;
const ANSWERED = 16;
const ASLEEP = 32;
const AWAITED = 48;

const CONTROL_BYTES = 256;
const TASK_BYTES = CAPACITY * TASK_NUMBERS * 8;
const ANSWER_BYTES = CAPACITY * ANSWER_NUMBERS * 8;

/** What a thread is asked to do with bytes in memory that both have. What the kinds are is between those who ask and the work. */
export interface Task {
  /** Which of the asker's tasks it is, from 0 up. */
  number: number;
  /** 0 and up; below 0 is the ring's own. */
  kind: number;
  /** Where the bytes are, and where they go: the number of a memory, and the byte in it. */
  from: number;
  fromStart: number;
  to: number;
  toStart: number;
  /** Bytes. */
  length: number;
  /** Of the first byte, on the device. */
  position: number;
}

/** One to be filled in, again and again. */
export function emptyTask(): Task {
  return { number: 0, kind: 0, from: 0, fromStart: 0, to: 0, toStart: 0, length: 0, position: 0 };
}

/**
 * Tasks one way and answers the other, in memory that two threads share: what io_uring(7) is between a process and its
 * kernel. Whoever has much to do never sleeps, and is not woken: a system call is made for a burst, not for a task.
 * One thread posts and takes answers, the other takes tasks and answers, each through a ring of its own over one memory.
 */
export class Ring {
  readonly memory: SharedArrayBuffer;
  private readonly control: Int32Array;
  private readonly tasks: Float64Array;
  private readonly answers: Float64Array;
  /** How many tasks, or answers, this side has taken. */
  private taken = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(CONTROL_BYTES + TASK_BYTES + ANSWER_BYTES)) {
    this.memory = memory;
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.tasks = new Float64Array(memory, CONTROL_BYTES, CAPACITY * TASK_NUMBERS);
    this.answers = new Float64Array(memory, CONTROL_BYTES + TASK_BYTES, CAPACITY * ANSWER_NUMBERS);
  }

  /** Posts a task; the caller sees to it that no more than {@link CAPACITY} are under way. */
  post(task: Readonly<Task>): void {
    const { control, tasks } = this;
    const posted = Atomics.load(control, POSTED);
    const at = placeOf(posted) * TASK_NUMBERS;
    tasks[at] = task.number;
    tasks[at + 1] = task.kind;
    tasks[at + 2] = task.from;
    tasks[at + 3] = task.fromStart;
    tasks[at + 4] = task.to;
    tasks[at + 5] = task.toStart;
    tasks[at + 6] = task.length;
    tasks[at + 7] = task.position;
    Atomics.store(control, POSTED, (posted + 1) | 0);
    if (Atomics.load(control, ASLEEP) === 1) Atomics.notify(control, POSTED);
  }

  /** Takes the next task, and blocks the thread until there is one. */
  take(task: Task): void {
    const { control, tasks, taken } = this;
    while (Atomics.load(control, POSTED) === taken) {
      Atomics.store(control, ASLEEP, 1);
      // Compared again by the wait itself: what was posted before the other side saw the flag is not slept through.
      Atomics.wait(control, POSTED, taken);
      Atomics.store(control, ASLEEP, 0);
    }
    const at = placeOf(taken) * TASK_NUMBERS;
    task.number = tasks[at] as number;
    task.kind = tasks[at + 1] as number;
    task.from = tasks[at + 2] as number;
    task.fromStart = tasks[at + 3] as number;
    task.to = tasks[at + 4] as number;
    task.toStart = tasks[at + 5] as number;
    task.length = tasks[at + 6] as number;
    task.position = tasks[at + 7] as number;
    this.taken = (taken + 1) | 0;
  }

  /** Answers a task. @param ms how long it took */
  answer(number: number, result: number, ms: number): void {
    const { control, answers } = this;
    const answered = Atomics.load(control, ANSWERED);
    const at = placeOf(answered) * ANSWER_NUMBERS;
    answers[at] = number;
    answers[at + 1] = result;
    answers[at + 2] = ms;
    Atomics.store(control, ANSWERED, (answered + 1) | 0);
    if (Atomics.load(control, AWAITED) === 1) this.stopAwaiting();
  }

  /** Has who awaits an answer called, though there is none: no other will come. */
  stopAwaiting(): void {
    Atomics.store(this.control, AWAITED, 0);
    Atomics.notify(this.control, AWAITED);
  }

  /** Takes one answer; false when there is none. */
  receive(take: (number: number, result: number, ms: number) => void): boolean {
    const { answers, taken } = this;
    if (Atomics.load(this.control, ANSWERED) === taken) return false;
    const at = placeOf(taken) * ANSWER_NUMBERS;
    this.taken = (taken + 1) | 0;
    take(answers[at] as number, answers[at + 1] as number, answers[at + 2] as number);
    return true;
  }

  /**
   * Calls `then` once, not before this returns, when there is an answer to be taken, or none will come. To be called again
   * after that only.
   */
  awaitAnswer(then: () => void): void {
    const { control } = this;
    Atomics.store(control, AWAITED, 1);
    if (Atomics.load(control, ANSWERED) === this.taken) {
      const wait = Atomics.waitAsync(control, AWAITED, 1);
      if (wait.async) {
        void wait.value.then(then);
        return;
      }
    } else Atomics.store(control, AWAITED, 0);
    queueMicrotask(then);
  }
}

/** Counters go on over 2³¹, and back to the start of the rings. */
function placeOf(count: number): number {
  return count & (CAPACITY - 1);
}
