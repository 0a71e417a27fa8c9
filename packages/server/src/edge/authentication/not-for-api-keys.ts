import { type ProblemError, problem } from '../errors/problem-error.ts'

/** The refusal of a request with an API key that no key may send, whatever its scopes are. */
export function notForApiKeys(): ProblemError {
  return problem('forbidden', 'This is not for API keys: it needs an account, or no credentials.')
}
