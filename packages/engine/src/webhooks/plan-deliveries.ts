import type pg from 'pg'
import sql from 'sql-template-tag'
import { newId } from '../model/id.ts'
import type { PublishedEvent } from '../model/webhook.ts'
import type { LoggedEvent } from '../tail/logged-events.ts'
import { type Published, publishedForm, recentEvents } from './published-events.ts'

type Subscriber = { clinicNo: number; id: string; events: PublishedEvent[] }

/**
 * Plans a delivery of each event to each webhook that wants it and is not paused. An event is planned once for a
 * webhook, however often it comes.
 *
 * @returns how many were planned
 */
export async function planDeliveries(transaction: pg.PoolClient, events: readonly LoggedEvent[]): Promise<number> {
  const recent = await recentEvents(transaction, events)
  if (recent.length === 0) return 0
  const clinicNos = [...new Set(recent.map(({ clinicNo }) => clinicNo))]
  const { rows } = await transaction.query<Subscriber>(sql`
    select w.clinic_no as "clinicNo", w.id, w.events from holdfast.webhook w
     where w.clinic_no = any (${clinicNos}::integer[]) and w.paused_at is null
     order by w.clinic_no, w.id
       for key share`)
  if (rows.length === 0) return 0
  const withSubscribers = new Set(rows.map(({ clinicNo }) => clinicNo))
  const published = await publishedForm(
    transaction,
    recent.filter(({ clinicNo }) => withSubscribers.has(clinicNo)),
  )
  return insertDeliveries(transaction, rows, published, { again: false })
}

/** @param again whether deliveries that are there already become due again */
export async function insertDeliveries(
  transaction: pg.PoolClient,
  subscribers: readonly Subscriber[],
  published: readonly Published[],
  { again }: { again: boolean },
): Promise<number> {
  const deliveries = published.flatMap((event) => {
    const { clinicNo, name, at, data } = event
    const wanting = subscribers.filter((one) => one.clinicNo === clinicNo && one.events.includes(name))
    const payload = JSON.stringify({ type: name, timestamp: at.toISOString(), data })
    const { bookingId, version } = data
    return wanting.map(({ id: webhookId }) => {
      return { clinicNo, id: newId(clinicNo), webhookId, event: name, bookingId, version, payload }
    })
  })
  if (deliveries.length === 0) return 0
  const { rowCount } = await transaction.query(sql`
    insert into holdfast.webhook_delivery as d (clinic_no, id, webhook_id, event, booking_id, version, payload, due_at)
    select n."clinicNo", n.id, n."webhookId", n.event, n."bookingId", n.version, n.payload, clock_timestamp()
      from jsonb_to_recordset(${JSON.stringify(deliveries)}::jsonb)
           as n ("clinicNo" integer, id uuid, "webhookId" uuid, event text, "bookingId" uuid, version integer,
                 payload text)
        on conflict (clinic_no, webhook_id, booking_id, version) do update
       set state = 'due', due_at = excluded.due_at, attempts = 0, attempt_until = null, done_at = null,
           created_at = excluded.created_at
     where ${again}::boolean and d.state <> 'due'`)
  return rowCount ?? 0
}

/** The clinics of these that have a webhook which is not paused. */
export async function clinicsWithWebhooks(pool: pg.Pool, clinicNos: readonly number[]): Promise<ReadonlySet<number>> {
  const { rows } = await pool.query<{ no: number }>(sql`
    select distinct clinic_no as no from holdfast.webhook
     where clinic_no = any (${clinicNos}::integer[]) and paused_at is null`)
  return new Set(rows.map(({ no }) => no))
}
