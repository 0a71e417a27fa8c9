import { normalizedEmail } from '@holdfast/engine'
import { ProblemError } from '../edge/errors/problem-error.ts'
import type { RateLimits } from '../edge/rate-limits/rate-limits.ts'

export type MailLimit = Pick<RateLimits, 'countTicketMail'>

/**
 * Counts a mail to an address, and says whether it may be sent: a quarter of an hour has a limit. If a request fails
 * afterwards, its mails count again when it is processed again.
 *
 * @throws what `countTicketMail` throws for another reason than the limit: the request has to be processed again
 */
export async function mayMail(limit: MailLimit, email: string): Promise<boolean> {
  try {
    await limit.countTicketMail(normalizedEmail(email))
    return true
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'rate_limited') return false
    throw error
  }
}
