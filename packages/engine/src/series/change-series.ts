import type pg from 'pg'
import sql from 'sql-template-tag'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { accessJson } from '../database/booking-access-sql.ts'
import { inTransaction } from '../database/pools.ts'
import { repeatWhileLost } from '../database/repeat-while-lost.ts'
import type { Announce, Committed } from '../model/committed.ts'
import { newId } from '../model/id.ts'
import type {
  Series,
  SeriesCancellation,
  SeriesCancellationOutcome,
  SeriesConfirmation,
  SeriesConfirmationOutcome,
  SettledVisit,
} from '../model/series.ts'
import type { SettleOutcome, SettleRequest } from '../model/settle.ts'

const attemptsMax = 20

/** Undoes a transaction, which resolves with `outcome`; null: it is run again. */
class SeriesUndone<Outcome> extends Error {
  readonly outcome: Outcome | null

  constructor(outcome: Outcome | null) {
    super('The change of a series was undone.')
    this.outcome = outcome
  }
}

type SeriesOutcomes = ReadonlyMap<string, SettledVisit>

/** Changes of all visits of a series at once, each in one transaction, and not in the queue of single changes. */
export function seriesChanges(pool: pg.Pool, announce: Announce): Pick<Series, 'confirm' | 'cancel'> {
  return {
    confirm: (confirmation) => inSteps(pool, announce, (client, noted) => confirmAll(client, confirmation, noted)),
    cancel: (cancellation) => inSteps(pool, announce, (client, noted) => cancelAll(client, cancellation, noted)),
  }
}

/** Runs one transaction until its outcome is known, and announces it after COMMIT. */
async function inSteps<Outcome>(
  pool: pg.Pool,
  announce: Announce,
  work: (client: pg.PoolClient, noted: Announce) => Promise<Outcome>,
): Promise<Outcome> {
  for (let attempts = 1; attempts <= attemptsMax; attempts += 1) {
    const committed: Committed[] = []
    try {
      const outcome = await repeatWhileLost(() => {
        committed.length = 0
        return inTransaction(pool, (client) => work(client, (one) => committed.push(one)))
      })
      for (const one of committed) announce(one)
      return outcome
    } catch (error) {
      if (!(error instanceof SeriesUndone)) throw error
      if (error.outcome !== null) return error.outcome as Outcome
    }
  }
  throw new Error(`Visits of a series were changed ${attemptsMax} times while they were changed together.`)
}

/** @throws SeriesUndone unless all are confirmed */
async function confirmAll(
  client: pg.PoolClient,
  { clinicNo, every, unit, confirmations }: SeriesConfirmation,
  noted: Announce,
): Promise<SeriesConfirmationOutcome> {
  const outcomes = await settleAll(client, confirmations, noted)
  const positions = [...outcomes.values()].map((one) => (isSettled(one) ? one.position : null))
  const position = positions[0] ?? ''
  if (positions.includes(null)) throw new SeriesUndone<SeriesConfirmationOutcome>({ kind: 'refused', outcomes })
  const ids = confirmations.map(({ bookingId }) => bookingId)
  // The bookings are locked: another request with the same key waits, and finds the series then.
  const { rows } = await client.query<{ id: string }>(sql`
    select m.series_id as id from holdfast.booking_series_member m
     where m.clinic_no = ${clinicNo} and m.booking_id = any (${ids}::uuid[])
     limit 1`)
  if (rows[0] !== undefined) return { kind: 'done', seriesId: rows[0].id, position, isRepeated: true }
  const seriesId = newId(clinicNo)
  await client.query(sql`
    insert into holdfast.booking_series (clinic_no, id, every, unit, total)
    values (${clinicNo}, ${seriesId}, ${every}, ${unit}, ${ids.length})`)
  await client.query(sql`
    insert into holdfast.booking_series_member (clinic_no, booking_id, series_id, number)
    select ${clinicNo}, i.id, ${seriesId}, i.n from unnest(${ids}::uuid[]) with ordinality i(id, n)`)
  return { kind: 'done', seriesId, position, isRepeated: false }
}

/** @throws SeriesUndone if the access has ended */
async function cancelAll(
  client: pg.PoolClient,
  { cancellations, reachedBy }: SeriesCancellation,
  noted: Announce,
): Promise<SeriesCancellationOutcome> {
  const outcomes = await settleAll(client, cancellations, noted)
  if (!(await isStillReached(client, reachedBy))) {
    throw new SeriesUndone<SeriesCancellationOutcome>({ kind: 'access_ended' })
  }
  const done = [...outcomes.values()].find(isSettled)
  return { kind: 'done', outcomes, position: done?.position ?? null }
}

function isSettled(outcome: SettleOutcome): outcome is Extract<SettleOutcome, { position: string }> {
  return outcome.kind === 'done' || outcome.kind === 'unchanged'
}

/** @throws SeriesUndone if another session moved one of them meanwhile */
async function settleAll(
  client: pg.PoolClient,
  requests: readonly SettleRequest[],
  noted: Announce,
): Promise<SeriesOutcomes> {
  const results = await runSettleBatch(client, requests, noted)
  const outcomes = new Map<string, SettledVisit>()
  for (const [index, result] of results.entries()) {
    const { bookingId = '' } = requests[index] ?? {}
    if (result.kind !== 'completed') throw new SeriesUndone(null)
    outcomes.set(bookingId, result.outcome as SettledVisit)
  }
  return outcomes
}

async function isStillReached(client: pg.PoolClient, reachedBy: SeriesCancellation['reachedBy']): Promise<boolean> {
  if (reachedBy === null) return true
  const { bookingId, access } = reachedBy
  const { rows } = await client.query<{ found: boolean }>(sql`
    select holdfast.has_access(b, ${accessJson(access)}) as found
      from holdfast.booking b
     where b.id = ${bookingId} and b.clinic_no = holdfast.clinic_no_of(${bookingId}::uuid)`)
  return rows[0]?.found ?? false
}
