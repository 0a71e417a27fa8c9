import { webhooksMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { lockClinic } from '../database/lock-clinic.ts'
import { inTransaction } from '../database/pools.ts'
import { cursorOf } from '../lists/cursor.ts'
import { pageOf } from '../lists/page.ts'
import { isId, newId } from '../model/id.ts'
import type { WriteKey } from '../model/stored-responses.ts'
import type { DueDelivery, Webhook, WebhookDelivery, Webhooks } from '../model/webhook.ts'
import { eventReads } from '../reads/events-of-clinic.ts'
import { isRotationRepeated } from '../stored-responses/is-rotation-repeated.ts'
import { runOnce } from '../stored-responses/run-once.ts'
import { dueColumns, recordDelivery } from './send-deliveries.ts'

/** Longer than the attempt of a test takes: until then, nobody else sends it. */
const testSeconds = 300
const deliveryCursor = cursorOf('deliveries', ['id'])
const missing = { kind: 'webhook_missing' } as const

const webhookColumns: Sql = sql`
  w.id, w.url, w.events, w.paused_at as "pausedAt", w.pause_reason as "pauseReason",
  w.failing_since as "failingSince",
  case when w.previous_secret_until > now() then w.previous_secret_until end as "previousSecretUntil",
  w.replay_until is not null as "isReplaying",
  (select count(*) from holdfast.webhook_delivery d
    where d.clinic_no = w.clinic_no and d.webhook_id = w.id and d.state = 'due') as due,
  w.created_at as "createdAt"`

const deliveryColumns: Sql = sql`
  d.id, d.event, d.booking_id as "bookingId", d.version, d.state, d.due_at as "dueAt", d.attempts, d.status,
  case when d.state <> 'delivered' then d.reason end as reason, d.result, d.duration_ms as "durationMs",
  d.done_at as "doneAt", d.created_at as "createdAt"`

type NewWebhook = Parameters<Webhooks['create']>[0]
type SecretRotation = Parameters<Webhooks['rotateSecret']>[2]

/** The webhooks of clinics, with the application's role. */
export function createWebhooks(pool: pg.Pool): Webhooks {
  const find = (clinicNo: number, id: string) => findWebhook(pool, clinicNo, id)
  return {
    create: (webhook, writeKey) => inTransaction(pool, (transaction) => createOnce(transaction, webhook, writeKey)),

    async list(clinicNo) {
      const { rows } = await pool.query<Webhook>(sql`
        select ${webhookColumns} from holdfast.webhook w where w.clinic_no = ${clinicNo} order by w.id`)
      return rows
    },

    find,

    async change(clinicNo, id, { url, events, paused }) {
      if (!isId(id)) return missing
      return inTransaction(pool, async (transaction) => {
        await transaction.query(sql`
          update holdfast.webhook set events = coalesce(${events ?? null}::text[], events)
           where clinic_no = ${clinicNo} and id = ${id}`)
        if (url !== undefined) await setUrl(transaction, clinicNo, id, url)
        if (paused !== undefined) await setPaused(transaction, clinicNo, id, paused)
        const webhook = await findWebhook(transaction, clinicNo, id)
        return webhook === null ? missing : { kind: 'done', webhook }
      })
    },

    rotateSecret: (clinicNo, id, rotation) => rotateSecret(pool, clinicNo, id, rotation),

    async remove(clinicNo, id) {
      if (!isId(id)) return missing
      const { rowCount } = await pool.query(sql`
        delete from holdfast.webhook where clinic_no = ${clinicNo} and id = ${id}`)
      return rowCount === 0 ? missing : { kind: 'done' }
    },

    async deliveries({ clinicNo, webhookId, state, limit, cursor }) {
      const isOfState = state === null ? sql`true` : sql`d.state = ${state}`
      const isAfter = cursor === null ? sql`true` : sql`d.id < ${deliveryCursor.decode(cursor)[0]}::uuid`
      const { rows } = await pool.query<WebhookDelivery>(sql`
        select ${deliveryColumns} from holdfast.webhook_delivery d
         where d.clinic_no = ${clinicNo} and d.webhook_id = ${webhookId} and ${isOfState} and ${isAfter}
         order by d.id desc
         limit ${limit + 1}`)
      return pageOf(
        rows,
        limit,
        (row) => row,
        (last) => deliveryCursor.encode(last.id),
      )
    },

    async findDelivery(clinicNo, id) {
      const { rows } = await pool.query<WebhookDelivery>(sql`
        select ${deliveryColumns} from holdfast.webhook_delivery d where d.clinic_no = ${clinicNo} and d.id = ${id}`)
      return rows[0] ?? null
    },

    async replay(clinicNo, id, after) {
      // Refuses a position that is none.
      if (after !== null) await eventReads(pool).eventsOfClinic({ clinicNo, after, limit: 1 })
      const replay = sql`replay_after = ${after}, replay_until = date_trunc('milliseconds', clock_timestamp())`
      return change(pool, clinicNo, id, replay)
    },

    planTest: (clinicNo, id) => planTest(pool, clinicNo, id),
    async recordTest(test, outcome) {
      await recordDelivery(pool, test, outcome)
    },
  }
}

/** A repetition creates nothing, and changes nothing of what the first request has created. */
async function createOnce(
  transaction: pg.PoolClient,
  webhook: NewWebhook,
  writeKey: WriteKey,
): ReturnType<Webhooks['create']> {
  const isStored = (id: string | null) => id !== null
  const { clinicNo } = webhook
  const result = await runOnce(transaction, { writeKey, clinicNo }, () => create(transaction, webhook), isStored)
  if (result.kind === 'key_reused') return result
  if (result.value === null) return { kind: 'too_many_webhooks', max: webhooksMax }
  const { rows } = await transaction.query<Webhook & { sealedSecret: string }>(sql`
    select ${webhookColumns}, w.secret as "sealedSecret"
      from holdfast.webhook w where w.clinic_no = ${clinicNo} and w.id = ${result.value}`)
  if (rows[0] === undefined) return missing
  const { sealedSecret, ...created } = rows[0]
  return { kind: result.kind, webhook: created, sealedSecret }
}

/** @returns its id; null: the clinic has as many as it may have */
async function create(
  transaction: pg.PoolClient,
  { clinicNo, url, events, sealedSecret }: NewWebhook,
): Promise<string | null> {
  await lockClinic(transaction, clinicNo)
  const id = newId(clinicNo)
  const { rowCount } = await transaction.query(sql`
    insert into holdfast.webhook (clinic_no, id, url, events, secret)
    select ${clinicNo}, ${id}, ${url}, ${events}, ${sealedSecret}
     where (select count(*) from holdfast.webhook where clinic_no = ${clinicNo}) < ${webhooksMax}`)
  return rowCount === 0 ? null : id
}

function rotateSecret(
  pool: pg.Pool,
  clinicNo: number,
  id: string,
  { sealedSecret, hours }: SecretRotation,
): ReturnType<Webhooks['rotateSecret']> {
  const rotation = sql`
    previous_secret = case when ${isRotationRepeated(sql`previous_secret_until`)} then previous_secret else secret end,
    previous_secret_until = now() + make_interval(hours => ${hours}), secret = ${sealedSecret}, rotated_at = now()`
  return change(pool, clinicNo, id, rotation)
}

async function change(
  pool: pg.Pool,
  clinicNo: number,
  id: string,
  assignments: Sql,
): ReturnType<Webhooks['rotateSecret']> {
  if (!isId(id)) return missing
  const { rows } = await pool.query<Webhook>(sql`
    with w as (update holdfast.webhook set ${assignments} where clinic_no = ${clinicNo} and id = ${id} returning *)
    select ${webhookColumns} from w`)
  const [webhook] = rows
  return webhook === undefined ? missing : { kind: 'done', webhook }
}

/** What a pause by an administrator or by failures leaves waiting is due when it ends. */
async function setPaused(transaction: pg.PoolClient, clinicNo: number, id: string, paused: boolean): Promise<void> {
  if (paused) {
    await transaction.query(sql`
      update holdfast.webhook set paused_at = now(), pause_reason = 'admin'
       where clinic_no = ${clinicNo} and id = ${id} and paused_at is null`)
    return
  }
  const { rowCount } = await transaction.query(sql`
    update holdfast.webhook
       set paused_at = null, pause_reason = null, failures = 0, failing_since = null, blocked_until = null
     where clinic_no = ${clinicNo} and id = ${id} and paused_at is not null`)
  if (rowCount !== 0) await makeDueNow(transaction, clinicNo, id)
}

/** What failed at the former URL says nothing about another one. */
async function setUrl(transaction: pg.PoolClient, clinicNo: number, id: string, url: string): Promise<void> {
  const { rowCount } = await transaction.query(sql`
    update holdfast.webhook set url = ${url}, failures = 0, failing_since = null, blocked_until = null
     where clinic_no = ${clinicNo} and id = ${id} and url <> ${url}`)
  if (rowCount !== 0) await makeDueNow(transaction, clinicNo, id)
}

/** Begins the attempts anew. An attempt under way is recorded as it ends. */
async function makeDueNow(transaction: pg.PoolClient, clinicNo: number, id: string): Promise<void> {
  await transaction.query(sql`
    update holdfast.webhook_delivery set due_at = now(), attempts = 0
     where clinic_no = ${clinicNo} and webhook_id = ${id} and state = 'due'
       and (attempt_until is null or attempt_until <= now())`)
}

async function findWebhook(connection: pg.Pool | pg.PoolClient, clinicNo: number, id: string): Promise<Webhook | null> {
  if (!isId(id)) return null
  const { rows } = await connection.query<Webhook>(sql`
    select ${webhookColumns} from holdfast.webhook w where w.clinic_no = ${clinicNo} and w.id = ${id}`)
  return rows[0] ?? null
}

async function planTest(pool: pg.Pool, clinicNo: number, id: string): Promise<DueDelivery | null> {
  if (!isId(id)) return null
  const deliveryId = newId(clinicNo)
  const { rows } = await pool.query<DueDelivery>(sql`
    with planned as (
      insert into holdfast.webhook_delivery
        (clinic_no, id, webhook_id, event, payload, due_at, attempts, attempt_until)
      select w.clinic_no, ${deliveryId}, w.id, 'webhook.test',
             json_build_object('type', 'webhook.test', 'timestamp',
                               to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                               'data', json_build_object('clinicId', c.id, 'webhookId', w.id))::text,
             now(), 1, now() + make_interval(secs => ${testSeconds})
        from holdfast.webhook w join holdfast.clinic c on c.no = w.clinic_no
       where w.clinic_no = ${clinicNo} and w.id = ${id}
      returning *)
    select ${dueColumns} from planned d join holdfast.webhook w on w.clinic_no = d.clinic_no and w.id = d.webhook_id`)
  return rows[0] ?? null
}
