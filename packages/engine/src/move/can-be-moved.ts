import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { MoveRefused } from './move-database.ts'

/** How long the receivers of the log may take for what they have not got yet. */
const deliveryMsMax = 5_000
const pollMs = 20

/** Archived months are in files with the rows of all clinics of their database. */
export async function refuseArchived(source: pg.Client, clinicNo: number, name: string): Promise<void> {
  const { rowCount } = await source.query(sql`
    select from holdfast.archived_month m join holdfast.clinic c on c.no = ${clinicNo}
     where m.month >= date_trunc('month', c.created_at)::date`)
  if (rowCount === 0) return
  throw new MoveRefused(`${name} has archived months since the clinic was created: restore them first`)
}

/**
 * Waits until every receiver of the log has what the clinic's last events say: in the other database, they come before
 * its receivers' positions. And until no message is being sent, which would be sent again there.
 */
export async function untilDelivered(source: pg.Client, clinicNo: number): Promise<void> {
  const { rows: last } = await source.query<{ xid: string; seq: string }>(sql`
    select e.xid::text as xid, e.seq::text as seq
      from ((select xid, seq from holdfast.recent_event where clinic_no = ${clinicNo}
              order by xid desc, seq desc limit 1)
            union all
            (select xid, seq from holdfast.recent_late_event where clinic_no = ${clinicNo}
              order by xid desc, seq desc limit 1)) e
     order by e.xid desc, e.seq desc limit 1`)
  const [event] = last
  if (event === undefined) return
  const deadline = performance.now() + deliveryMsMax
  for (;;) {
    const { rows } = await source.query<{ name: string }>(sql`
      select name from holdfast.log_receiver
       where (xid, seq) < (${event.xid}::xid8, ${event.seq}::bigint) order by name limit 1`)
    const [behind] = rows
    if (behind === undefined && !(await isSending(source, clinicNo))) return
    if (performance.now() > deadline) {
      if (behind === undefined) return
      throw new MoveRefused(
        `the receiver ${behind.name} of the log has not got the clinic’s last events: see that its worker runs`,
      )
    }
    await delay(pollMs)
  }
}

async function isSending(source: pg.Client, clinicNo: number): Promise<boolean> {
  const { rows } = await source.query<{ found: boolean }>(sql`
    select exists (select from holdfast.message where clinic_no = ${clinicNo} and attempt_until > clock_timestamp())
        or exists (select from holdfast.webhook_delivery
                    where clinic_no = ${clinicNo} and attempt_until > clock_timestamp()) as found`)
  return rows[0]?.found === true
}

/** The position of a replay is of the log that the clinic leaves. */
export async function refuseWhileReplaying(source: pg.Client, clinicNo: number): Promise<void> {
  const { rowCount } = await source.query(
    sql`select from holdfast.webhook where clinic_no = ${clinicNo} and replay_until is not null`,
  )
  if (rowCount !== 0) throw new MoveRefused('events are being sent to a webhook of the clinic again: wait for the end')
}
