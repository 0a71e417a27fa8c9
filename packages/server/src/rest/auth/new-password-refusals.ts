import { refusalOfNewPassword, refusalText } from '../../accounts/passwords/new-passwords.ts'
import type { Passwords } from '../../accounts/passwords/passwords.ts'
import { problem } from '../../edge/errors/problem-error.ts'

/**
 * @param field of the body
 * @param person what is known of the account's person: their password is none of it
 * @throws ProblemError password_guessable
 */
export function refuseGuessable(field: string, password: string, person: string[]): void {
  const refusal = refusalOfNewPassword(password, person)
  if (refusal === null) return
  const message = `The password ${refusalText(refusal)}.`
  throw problem('password_guessable', message, { errors: [{ path: `/${field}`, message }] })
}

/** @throws ProblemError overloaded */
export function refuseWhenOverloaded(passwords: Pick<Passwords, 'isOverloaded'>): void {
  if (!passwords.isOverloaded()) return
  throw problem('overloaded', 'Too many people are signing in at the moment.', { retryAfterSeconds: 2 })
}
