/** C1: `completing` is claimed but not settled; its layers run or hold. */
export type CompletionState = 'pending' | 'completing' | 'done' | 'failed' | 'cancelled';

/** What cancels a completion from outside. */
export interface CompletionOptions {
  /** Cancels the completion when it aborts; promises then reject with the signal's own reason (C8). */
  signal?: AbortSignal;
}
