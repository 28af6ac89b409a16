/** A question that cannot be asked as it is. Permanent: the caller has to mend `field`. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';
  /** The parameter that is wrong. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}
