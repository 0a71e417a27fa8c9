export type AppLoginErrorKind = 'privilege_missing' | 'unreachable' | 'not_a_member' | 'too_powerful' | 'wrong_database'

/** The application role can't be logged in as. The message says what to do about it. */
export class AppLoginError extends Error {
  readonly kind: AppLoginErrorKind

  constructor(kind: AppLoginErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AppLoginError'
    this.kind = kind
  }
}
