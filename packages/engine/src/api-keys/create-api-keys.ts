import { timingSafeEqual } from 'node:crypto'
import { apiKeyLimits } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { lockClinic } from '../database/lock-clinic.ts'
import { inTransaction } from '../database/pools.ts'
import { prepared } from '../database/prepared.ts'
import { promptly } from '../database/promptly.ts'
import type { ApiKey, ApiKeys, NewApiKey, OpenApiKey } from '../model/api-key.ts'
import { isId } from '../model/id.ts'
import type { WriteKey } from '../model/stored-responses.ts'
import { isRotationRepeated } from '../stored-responses/is-rotation-repeated.ts'
import { runOnce } from '../stored-responses/run-once.ts'

/** How often the last use of a key is written. */
const useWrittenSeconds = 60
const missing = { kind: 'api_key_missing' } as const
const isUnexpired: Sql = sql`coalesce(expires_at > now(), true)`

const columns: Sql = sql`
  k.id, k.name, k.scopes, k.bookings_per_second as "bookingsPerSecond", k.created_by as "createdBy",
  k.created_at as "createdAt", k.rotated_at as "rotatedAt", k.expires_at as "expiresAt", k.last_used_at as "lastUsedAt",
  case when k.previous_until > now() then k.previous_until end as "previousUntil"`

/** The API keys of clinics, with the application's role. */
export function createApiKeys(pool: pg.Pool): ApiKeys {
  const list: ApiKeys['list'] = async (clinicNo) => {
    const { rows } = await pool.query<ApiKey>(sql`
      select ${columns} from holdfast.api_key k where k.clinic_no = ${clinicNo} and k.ended_at is null order by k.id`)
    return rows
  }
  return {
    create: (apiKey, writeKey) => inTransaction(pool, (transaction) => createOnce(transaction, apiKey, writeKey)),

    list,

    async rotate(clinicNo, id, { digest, hours }) {
      const rotated = sql`
        previous_digest = case when ${isRotationRepeated(sql`previous_until`)} then previous_digest else digest end,
        previous_until = now() + make_interval(hours => ${hours}), digest = ${digest}, rotated_at = now()`
      const outcome = await change(pool, clinicNo, id, rotated, isUnexpired)
      if (outcome.kind === 'done') return outcome
      return (await list(clinicNo)).some((one) => one.id === id) ? { kind: 'api_key_expired' } : missing
    },

    endPrevious: (clinicNo, id) => change(pool, clinicNo, id, sql`previous_digest = null, previous_until = null`),

    async remove(clinicNo, id) {
      const ended = sql`digest = null, previous_digest = null, previous_until = null, ended_at = now()`
      const { kind } = await change(pool, clinicNo, id, ended)
      return kind === 'done' ? { kind } : missing
    },

    open: (clinicNo, id, digest) => openKey(pool, clinicNo, id, digest),

    async names(clinicNo, ids) {
      const { rows } = await pool.query<{ id: string; name: string }>(sql`
        select k.id, k.name from holdfast.api_key k where k.clinic_no = ${clinicNo} and k.id = any (${ids}::uuid[])`)
      return new Map(rows.map(({ id, name }) => [id, name]))
    },
  }
}

/** A repetition creates nothing. */
async function createOnce(
  transaction: pg.PoolClient,
  apiKey: NewApiKey,
  writeKey: WriteKey,
): ReturnType<ApiKeys['create']> {
  const { clinicNo } = apiKey
  const isStored = (id: string | null) => id !== null
  const result = await runOnce(transaction, { writeKey, clinicNo }, () => insert(transaction, apiKey), isStored)
  if (result.kind === 'key_reused') return result
  if (result.value === null) return { kind: 'too_many_api_keys', max: apiKeyLimits.keysMax }
  const { rows } = await transaction.query<ApiKey>(sql`
    select ${columns} from holdfast.api_key k
     where k.clinic_no = ${clinicNo} and k.id = ${result.value} and k.ended_at is null`)
  return rows[0] === undefined ? missing : { kind: result.kind, apiKey: rows[0] }
}

/** @returns its id; null: the clinic has as many as it may have */
async function insert(transaction: pg.PoolClient, apiKey: NewApiKey): Promise<string | null> {
  const { clinicNo, id, name, scopes, bookingsPerSecond, digest, createdBy, expiresAt } = apiKey
  const { keysMax } = apiKeyLimits
  await lockClinic(transaction, clinicNo)
  const { rowCount } = await transaction.query(sql`
    insert into holdfast.api_key (clinic_no, id, name, scopes, bookings_per_second, digest, created_by, expires_at)
    select ${clinicNo}, ${id}, ${name}, ${scopes}, ${bookingsPerSecond}, ${digest}, ${createdBy}, ${expiresAt}
     where (select count(*) from holdfast.api_key where clinic_no = ${clinicNo} and ended_at is null) < ${keysMax}`)
  return rowCount === 0 ? null : id
}

async function change(
  pool: pg.Pool,
  clinicNo: number,
  id: string,
  assignments: Sql,
  condition: Sql = sql`true`,
): Promise<{ kind: 'done'; apiKey: ApiKey } | typeof missing> {
  if (!isId(id)) return missing
  const { rows } = await pool.query<ApiKey>(sql`
    with k as (
      update holdfast.api_key set ${assignments}
       where clinic_no = ${clinicNo} and id = ${id} and ended_at is null and ${condition}
      returning *)
    select ${columns} from k`)
  return rows[0] === undefined ? missing : { kind: 'done', apiKey: rows[0] }
}

type OpenRow = OpenApiKey & { digest: Buffer; previousDigest: Buffer | null; isUseDue: boolean }

/** Read by its primary key at every request, so that a deleted key ends at once on every server. */
async function openKey(pool: pg.Pool, clinicNo: number, id: string, digest: Buffer): Promise<OpenApiKey | null> {
  const { rows } = await promptly(
    pool.query<OpenRow>(
      prepared(
        'open_api_key',
        sql`
          select k.clinic_no as "clinicNo", k.id, k.name, k.scopes, k.bookings_per_second as "bookingsPerSecond",
                 k.digest, case when k.previous_until > now() then k.previous_digest end as "previousDigest",
                 coalesce(k.last_used_at < now() - make_interval(secs => ${useWrittenSeconds}), true) as "isUseDue"
            from holdfast.api_key k
           where k.clinic_no = ${clinicNo} and k.id = ${id} and k.ended_at is null and ${isUnexpired}`,
      ),
    ),
  )
  const [row] = rows
  if (row === undefined) return null
  const { digest: current, previousDigest, isUseDue, ...open } = row
  const isCurrent = timingSafeEqual(current, digest)
  const isPrevious = previousDigest !== null && timingSafeEqual(previousDigest, digest)
  if (!isCurrent && !isPrevious) return null
  if (isUseDue) markUsed(pool, clinicNo, id)
  return open
}

/** This is not awaited: a request must not fail because this did. The next one writes it then. */
function markUsed(pool: pg.Pool, clinicNo: number, id: string): void {
  const statement = sql`
    update holdfast.api_key set last_used_at = now()
     where clinic_no = ${clinicNo} and id = ${id}
       and coalesce(last_used_at < now() - make_interval(secs => ${useWrittenSeconds}), true)`
  pool.query(statement).catch(() => undefined)
}
