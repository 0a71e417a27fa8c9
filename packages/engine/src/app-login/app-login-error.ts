export type AppLoginErrorKind = 'privilege_missing' | 'unreachable' | 'not_a_member' | 'too_powerful' | 'wrong_database'

/** The server cannot log in as the application role. The message says what to do. */
export class AppLoginError extends Error {
  readonly kind: AppLoginErrorKind

  constructor(kind: AppLoginErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AppLoginError'
    this.kind = kind
  }
}
