import type { Callback } from './effects.js';

/** A doubly linked list written by hand, with the five fields it needs and no more. */
export class Node {
  next: Node | null = null;
  prev: Node | null = null;
  list: List | null = null;
  readonly call: Callback;
  readonly data: unknown;

  constructor(call: Callback, data: unknown = null) {
    this.call = call;
    this.data = data;
  }
}

export class List {
  head: Node | null = null;
  tail: Node | null = null;

  add(node: Node): void {
    const tail = this.tail;
    node.list = this;
    node.prev = tail;
    if (tail === null) this.head = node;
    else tail.next = node;
    this.tail = node;
  }

  remove(node: Node): void {
    const { next, prev } = node;
    if (prev === null) this.head = next;
    else prev.next = next;
    if (next === null) this.tail = prev;
    else next.prev = prev;
    node.next = node.prev = node.list = null;
  }

  /** Takes each node off and calls it. */
  fire(value: number): void {
    for (let node = this.head; node !== null; node = this.head) {
      this.remove(node);
      node.call(value);
    }
  }
}
