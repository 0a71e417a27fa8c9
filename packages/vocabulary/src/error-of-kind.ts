/** An error that has a `kind`, as outcomes have. Its message says what was found, and what to do about it. */
export class ErrorOfKind<Kind extends string> extends Error {
  readonly kind: Kind

  constructor(kind: Kind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
