import { ErrorOfKind } from '@holdfast/vocabulary'

export type AppLoginErrorKind = 'privilege_missing' | 'unreachable' | 'not_a_member' | 'too_powerful' | 'wrong_database'

/** The server cannot log in as the application role. The message says what to do. */
export class AppLoginError extends ErrorOfKind<AppLoginErrorKind> {
  override readonly name = 'AppLoginError'
}
