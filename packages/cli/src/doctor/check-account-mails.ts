import { waitingAccountMails } from '@holdfast/engine'
import { alertThresholds } from '@holdfast/server/alert-thresholds'
import { type Check, ok, warning } from './check.ts'

/** A mail server that is away for a moment is no reason to warn. */
const minutesMax = alertThresholds.HoldfastAccountMailsLate.limit / 60

/** Whether e-mails with links, invitations and notices are sent: they wait while the mail server is away. */
export async function checkAccountMails(pool: Parameters<typeof waitingAccountMails>[0]): Promise<Check> {
  const { count, oldestSeconds } = await waitingAccountMails(pool)
  const minutes = Math.round(oldestSeconds / 60)
  if (minutes < minutesMax) return ok('account e-mails', count === 0 ? 'none is waiting' : `${count} waiting`)
  const age = minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
  const fix = 'check that a server or worker with SMTP_URL runs jobs, and what its log says about the mail server'
  return warning('account e-mails', `${count} waiting, the oldest for ${age}`, fix)
}
