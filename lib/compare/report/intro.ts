import { edge } from '../rivals/edge.js';

/** What a design is, for a reader who has heard of none. */
const ABOUT: Readonly<Record<string, string>> = {
  waitQueue: 'one container goes down; each layer, and each piece of a split, is an entry on its wait queue (2001)',
  compoundEvent: 'one container with a queue for layers, a queue for cancelling and a list of its parts (2001)',
  cloneKiobuf: 'a header of its own for every layer and piece, which counts at its parent (2001)',
  cloneKiobufTracked: 'the same, and each parent has a list of its clones (2001)',
  bioChain: 'clones that chain, with a cursor of their own over shared pages: what Linux settled on',
  stackLocations: 'one container with a frame reserved for each layer it will cross: what Windows NT settled on',
  promises: 'each layer an async function',
  rxjs: 'each layer an operator of RxJS',
  streams: "each layer one of Node's streams",
  [edge.name]: "no design: the caller's completion and the submission, which all are charged alike",
};

/** What is compared, in a sentence. */
export const INTRO =
  'A design is a way to carry an I/O request down through a stack of layers, to split and to join it, and to tell its caller when it has ended.';

/** Each design of a comparison, and what it is. */
export function designsIntro({
  designs,
}: {
  readonly designs: readonly { readonly name: string }[];
}): [name: string, about: string][] {
  return [...designs.map(({ name }) => name), edge.name].map((name) => [name, ABOUT[name] ?? 'handed in']);
}
