import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { canChange } from '../database/can-change-sql.ts'
import { inTransaction } from '../database/pools.ts'
import { storableText } from '../database/storable-text.ts'
import type { DeliveryOutcome, DueDelivery, PauseReason } from '../model/webhook.ts'

/** One webhook has at most so many attempts at a time, so that a slow server delays only its own deliveries. */
const atOnceMax = 4
/** All webhooks of one clinic together: a quarter of what a process sends at a time, so that others are not delayed. */
const atOnceOfClinicMax = 5
/** After so many days without a success, a webhook is paused. */
const failingDaysMax = 3
/** After n failed attempts in a row, the webhook rests for 2ⁿ⁻¹ seconds, at most this. */
const restSecondsMax = 300

export const dueColumns: Sql = sql`
  d.clinic_no as "clinicNo", d.id, d.webhook_id as "webhookId", d.booking_id as "bookingId", d.version, w.url,
  d.payload, d.attempts, w.secret,
  case when w.previous_secret_until > clock_timestamp() then w.previous_secret end as "previousSecret"`

/**
 * Deliveries whose time has come, of each clinic in turn, and at most five of a clinic at a time. Until `seconds` have
 * passed, no other process sends them. Deliveries about one booking are sent one after the other, in their order.
 */
export async function takeDueDeliveries(
  pool: pg.Pool,
  { limit, seconds }: { limit: number; seconds: number },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueDelivery>(sql`
    with candidate as (
      select w.clinic_no, w.id, w.paused_at, w.blocked_until, underway.count,
             sum(underway.count) over (partition by w.clinic_no) as of_clinic
        from holdfast.webhook w
       cross join lateral (
         select count(*)::integer as count from holdfast.webhook_delivery u
          where u.clinic_no = w.clinic_no and u.webhook_id = w.id and u.state = 'due'
            and u.attempt_until > clock_timestamp()) underway
    ), turned as (
      select t.clinic_no, t.id, w.of_clinic, row_number() over (partition by w.clinic_no order by random()) as turn
        from candidate w
       cross join lateral (
         select n.clinic_no, n.id from holdfast.webhook_delivery n
          where n.clinic_no = w.clinic_no and n.webhook_id = w.id and n.state = 'due' and n.due_at <= clock_timestamp()
            and (n.attempt_until is null or n.attempt_until <= clock_timestamp())
            and not exists (
              select from holdfast.webhook_delivery p
               where p.clinic_no = n.clinic_no and p.webhook_id = n.webhook_id and p.booking_id = n.booking_id
                 and p.version < n.version and p.state = 'due')
          order by n.due_at, n.id
          limit greatest(${atOnceMax}::integer - w.count, 0) for update skip locked) t
       where w.paused_at is null and (w.blocked_until is null or w.blocked_until <= clock_timestamp())
         and ${canChange(sql`w.clinic_no`)}
         and exists (select from holdfast.webhook_delivery q
                      where q.clinic_no = w.clinic_no and q.webhook_id = w.id and q.state = 'due')
    ), taken as (
      select clinic_no, id from turned
       where of_clinic + turn <= ${atOnceOfClinicMax}::integer
       order by turn, random()
       limit ${limit})
    update holdfast.webhook_delivery d
       set attempts = d.attempts + 1, attempt_until = clock_timestamp() + make_interval(secs => ${seconds})
      from taken t, holdfast.webhook w
     where d.clinic_no = t.clinic_no and d.id = t.id and w.clinic_no = d.clinic_no and w.id = d.webhook_id
    returning ${dueColumns}`)
  return rows
}

/**
 * Records what became of the attempt. A success ends the webhook's rest; a failure begins one, and pauses the webhook
 * when nothing has succeeded for three days, or at once if its server says that it is gone. If the webhook has another
 * URL by now, the attempt says nothing about it.
 *
 * @param onPaused called in the same transaction when the webhook is paused from now on
 * @returns why the webhook is paused from now on; null: it is not, or was before
 */
export function recordDelivery(
  pool: pg.Pool,
  delivery: Pick<DueDelivery, 'clinicNo' | 'id' | 'webhookId' | 'bookingId' | 'attempts' | 'url'>,
  outcome: DeliveryOutcome,
  onPaused?: (transaction: pg.PoolClient, reason: PauseReason) => Promise<void>,
): Promise<PauseReason | null> {
  const { clinicNo, id, webhookId, bookingId, attempts, url } = delivery
  const { kind, status, durationMs } = outcome
  const isAgain = kind === 'again'
  return inTransaction(pool, async (transaction) => {
    // The webhook is locked before its deliveries, as by a replay, a resumption or a removal.
    await transaction.query(sql`
      select from holdfast.webhook where clinic_no = ${clinicNo} and id = ${webhookId} for no key update`)
    await transaction.query(sql`
      update holdfast.webhook_delivery
         set state = ${isAgain ? 'due' : kind}, attempt_until = null, status = ${status}, reason = ${outcome.reason},
             result = ${storableText(outcome.result.slice(0, 300))},
             duration_ms = ${Math.min(Math.round(durationMs), 2 ** 31 - 1)},
             due_at = case when ${isAgain}::boolean
                           then clock_timestamp() + make_interval(secs => ${outcome.againInSeconds}) else due_at end,
             done_at = case when ${isAgain}::boolean then null else clock_timestamp() end
       where clinic_no = ${clinicNo} and id = ${id} and state = 'due' and attempts = ${attempts}`)
    if (kind === 'delivered') {
      await transaction.query(sql`
        update holdfast.webhook set failures = 0, failing_since = null, blocked_until = null
         where clinic_no = ${clinicNo} and id = ${webhookId} and url = ${url} and failures > 0`)
      return null
    }
    // The sender of a test sees its result.
    if (bookingId === null) return null
    const { rows } = await transaction.query<{ reason: PauseReason | null }>(sql`
      with failed as (
        select w.clinic_no, w.id,
               case when w.paused_at is not null then null when ${status === 410}::boolean then 'gone'
                    when w.failing_since < clock_timestamp() - make_interval(days => ${failingDaysMax}) then 'failing'
                end as reason
          from holdfast.webhook w
         where w.clinic_no = ${clinicNo} and w.id = ${webhookId} and w.url = ${url}
           for no key update)
      update holdfast.webhook w
         set failures = least(w.failures, 1000000) + 1, failing_since = coalesce(w.failing_since, clock_timestamp()),
             blocked_until = clock_timestamp()
               + make_interval(secs => least(power(2, least(w.failures, 20)), ${restSecondsMax})),
             paused_at = case when f.reason is null then w.paused_at else clock_timestamp() end,
             pause_reason = coalesce(f.reason, w.pause_reason)
        from failed f
       where w.clinic_no = f.clinic_no and w.id = f.id
      returning f.reason`)
    const reason = rows[0]?.reason ?? null
    if (reason !== null) await onPaused?.(transaction, reason)
    return reason
  })
}
