import { findLogHeldBack } from '@holdfast/engine'
import { alertThresholds } from '@holdfast/server/alert-thresholds'
import { type Check, ok, warning } from './check.ts'

/** Slow transactions are no reason to warn. */
const secondsMax = alertThresholds.HoldfastTailHeldBack.limit

/** Whether an open transaction holds back what follows the log: live places, messages, webhooks. */
export async function checkOpenTransactions(pool: Parameters<typeof findLogHeldBack>[0]): Promise<Check> {
  const held = await findLogHeldBack(pool, secondsMax)
  if (held === null) return ok('open transactions', 'none holds back the log')
  const { by, seconds } = held
  const who = by === null ? 'one that has just ended' : by.pid === 0 ? 'a prepared one' : sessionOf(by)
  const fix =
    by?.pid === 0
      ? 'as a superuser, `rollback prepared` or `commit prepared` what `select * from pg_prepared_xacts` lists'
      : `end it in its program, or as a superuser with \`select pg_terminate_backend(${by?.pid ?? 'pid'})\``
  const found = `live places and messages wait for ${Math.round(seconds)} s, for ${who}`
  return warning('open transactions', found, fix)
}

function sessionOf({ pid, application, role }: { pid: number; application: string | null; role: string | null }) {
  const names = [application, role].filter((name) => name !== null && name !== '')
  return `the session ${pid}${names.length === 0 ? '' : ` (${names.join(', ')})`}`
}
