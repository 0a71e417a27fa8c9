import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { BuilderDatabase } from './builders.ts'

const pollMsMin = 2
const pollMsMax = 50
const slowPollMsMax = 250
// On a server of DATABASE_URL the log waits for the oldest transaction, which may be another test file's.
const deadlineMsDefault = 120_000

/** What a test waits for. */
export type Description = string | (() => string | Promise<string>)

/**
 * Polls until `ask` returns a value other than undefined and false, less and less often. Throws at the deadline;
 * `describe` says what the test was waiting for.
 */
export async function until<Value>(
  ask: () => Promise<Value | undefined | false>,
  describe: Description,
  deadlineMs: number = deadlineMsDefault,
): Promise<Value> {
  const deadline = performance.now() + deadlineMs
  for (let pollMs = pollMsMin; ; pollMs = Math.min(pollMs * 1.3, pollMsMax)) {
    const askedAt = performance.now()
    const value = await ask()
    if (value !== undefined && value !== false) return value
    const checkedAt = performance.now()
    if (checkedAt > deadline) {
      throw new Error(`Not within ${deadlineMs} ms: ${typeof describe === 'string' ? describe : await describe()}`)
    }
    // Slow checks are repeated less often: they slow down what the test waits for.
    await delay(Math.max(pollMs, Math.min(2 * (checkedAt - askedAt), slowPollMsMax)))
  }
}

/**
 * Waits until at least `count` sessions of this database wait for a lock: then the interleaving of the test is set up.
 */
export async function untilLockWaiters(database: BuilderDatabase, count: number): Promise<void> {
  const sessions = async () => {
    const { rows } = await database.ownerPool.query<{ waiting: boolean; what: string }>(`
      select wait_event_type is not distinct from 'Lock' as waiting,
            format('%s %s %s %s', application_name, state, wait_event, left(query, 100)) as what
       from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
    return rows
  }
  await until(
    async () => ((await sessions()).filter((session) => session.waiting).length >= count ? true : undefined),
    async () =>
      `${count} sessions waiting for a lock; there are:\n${(await sessions()).map((one) => one.what).join('\n')}`,
  )
}

/** A lock that a test holds. */
export type HeldLock = {
  release(): Promise<void>
  /** Releases it once so many sessions of its database wait for a lock, as {@link untilLockWaiters} counts them. */
  releaseOnce(waiters: number): Promise<void>
}

/**
 * Takes locks in a separate transaction and holds them until they are released: `select … for update`, `lock table …`
 * or `select pg_advisory_xact_lock(…)`.
 */
export async function holdLock(pool: pg.Pool, statement: string, parameters: unknown[] = []): Promise<HeldLock> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    // Otherwise the server would end it after a minute.
    await client.query('set local idle_in_transaction_session_timeout = 0')
    await client.query(statement, parameters)
  } catch (error) {
    client.release(true)
    throw error
  }
  let released: Promise<void> | undefined
  const end = async () => {
    await client.query('rollback')
    client.release()
  }
  const release = () => {
    released ??= end()
    return released
  }
  return {
    release,
    async releaseOnce(waiters) {
      await untilLockWaiters({ ownerPool: pool }, waiters)
      await release()
    },
  }
}

/** Locks a slot's row, as another server's batch would. */
export function holdSlotLock(database: BuilderDatabase, slot: { clinicNo: number; id: string }): Promise<HeldLock> {
  return holdLock(database.ownerPool, 'select from holdfast.slot where clinic_no = $1 and id = $2 for update', [
    slot.clinicNo,
    slot.id,
  ])
}

/** Ends the sessions of this database that wait for a lock, as an administrator or a crash does. */
export async function endLockWaiters({ ownerPool }: BuilderDatabase): Promise<void> {
  await ownerPool.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`)
}
