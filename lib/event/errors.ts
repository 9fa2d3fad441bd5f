/** Too few children succeeded for the compound to succeed; `errors` are the children's, in their order. */
export class ChildrenFailedError extends AggregateError {
  readonly code = 'ERR_CHILDREN_FAILED';

  constructor(errors: readonly unknown[], message: string) {
    super(errors, message);
    this.name = 'ChildrenFailedError';
  }
}
