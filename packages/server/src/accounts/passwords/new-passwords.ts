import { passwordLength } from '@holdfast/vocabulary'
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'

export type PasswordRefusal =
  | { kind: 'length'; min: number; max: number }
  /** It is among the passwords that are guessed first. */
  | { kind: 'guessable' }

/** zxcvbn's score, 0 to 4; 2 means more than a million guesses. Sign-ins are limited to some hundred a day. */
const scoreMin = 2
/** Some patterns of 64 characters take 30 ms to estimate. The rest of a long password can only make it better. */
const estimatedCharactersMax = 40

/**
 * Whether a password may be chosen; null: it may. Beside its length only the number of guesses counts (NIST SP
 * 800-63B): a list of common passwords, with digits and replaced letters, repetitions, sequences, neighbouring keys
 * and dates.
 *
 * @param person the account's e-mail address and name, which are guessed first too
 */
export function refusalOfNewPassword(password: string, person: readonly string[]): PasswordRefusal | null {
  if (password.length < passwordLength.min || password.length > passwordLength.max) {
    return { kind: 'length', ...passwordLength }
  }
  if (person.some((text) => normalized(text) === normalized(password))) return { kind: 'guessable' }
  const words = person
    .flatMap((text) => [text, ...text.split(/[\s@]+/), ...text.split(/[\s@.]+/)])
    .filter((word) => word.length > 2)
  const { score } = estimator().check(password.slice(0, estimatedCharactersMax), ['holdfast', ...words])
  return score < scoreMin ? { kind: 'guessable' } : null
}

function normalized(text: string): string {
  return text.trim().toLowerCase()
}

/** Completes a sentence that begins with what the password is called. */
export function refusalText(refusal: PasswordRefusal): string {
  if (refusal.kind === 'length') return `must have ${refusal.min} to ${refusal.max} characters`
  return 'is easy to guess: choose several words, and no name, date or row of keys'
}

let shared: ZxcvbnFactory | undefined

/** Created with the first password that somebody chooses: its lists take 35 ms and some megabytes. */
function estimator(): ZxcvbnFactory {
  shared ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs })
  return shared
}
