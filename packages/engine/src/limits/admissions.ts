import { waitingRequestsMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { clinicLockClasses } from '../database/advisory-locks.ts'
import { plainArray } from '../database/array-literal.ts'
import { prepared } from '../database/prepared.ts'
import { type AdmissionOutcome, type AdmissionRequest, tooManyBookings } from '../model/booking-limits.ts'
import type { Engine } from '../model/engine.ts'
import { clinicNoOf } from '../model/id.ts'
import { BatchQueue, type BatchQueueSettings, type ItemResult } from '../queue/batch-queue.ts'

type Bounds = Pick<
  BatchQueueSettings<never, never>,
  'queuedMax' | 'waitMsMax' | 'unknownMsMax' | 'onBatch' | 'onRefused'
>
type Released = { bookingId: string; subject: string }

const releasedMax = 10_000

/**
 * Reserves room within a clinic's limits before a claim, in batches (docs/decisions/0010). One batch at a time: the
 * function serializes them anyway. Reservations of claims that booked nothing are released with the next batch; if
 * that never comes, they end after two minutes.
 */
export function createAdmissions(pool: pg.Pool, bounds: Bounds) {
  const released: Released[] = []
  const queue = new BatchQueue<AdmissionRequest, AdmissionOutcome>({
    name: 'admission',
    inFlightMax: 1,
    run: (requests) => runAdmissionBatch(pool, requests, released.splice(0)),
    rowOf: ({ bookingId }) => String(clinicNoOf(bookingId)),
    findLocked: (requests) => findLockedClinics(pool, requests),
    ...bounds,
  })
  return {
    queue,
    admit: (request) => queue.submit(request),
    release({ bookingId, origins }) {
      if (released.length < releasedMax) released.push(...origins.map(({ subject }) => ({ bookingId, subject })))
    },
  } satisfies Pick<Engine, 'admit' | 'release'> & { queue: unknown }
}

async function runAdmissionBatch(
  pool: pg.Pool,
  requests: readonly AdmissionRequest[],
  released: readonly Released[],
): Promise<ItemResult<AdmissionOutcome>[]> {
  const origins = requests.flatMap(({ origins: ofRequest }, index) =>
    ofRequest.map((origin) => ({ ...origin, claim: index + 1 })),
  )
  const statement = sql`
    select exceeded, maxima from holdfast.admit_claims(
      ${plainArray(requests, ({ bookingId }) => clinicNoOf(bookingId))}::integer[],
      ${plainArray(requests, ({ bookingId }) => bookingId)}::uuid[],
      ${plainArray(requests, ({ key }) => key)}::uuid[],
      ${plainArray(requests, ({ units }) => units)}::integer[],
      ${plainArray(requests, ({ confirm }) => confirm)}::boolean[],
      ${plainArray(origins, ({ claim }) => claim)}::integer[],
      ${plainArray(origins, ({ kind }) => kind)}::text[],
      ${plainArray(origins, ({ subject }) => subject)}::uuid[],
      ${plainArray(released, ({ bookingId }) => clinicNoOf(bookingId))}::integer[],
      ${plainArray(released, ({ subject }) => subject)}::uuid[],
      ${plainArray(released, ({ bookingId }) => bookingId)}::uuid[],
      ${plainArray(requests, ({ visitTypeId }) => visitTypeId ?? null)}::uuid[],
      ${plainArray(origins, ({ kind }) => waitingRequestsMax[kind])}::integer[])`
  const { rows } = await pool.query<{ exceeded: (string | null)[]; maxima: (number | null)[] }>(
    prepared('admit_claims', statement),
  )
  const { exceeded = [], maxima = [] } = rows[0] ?? {}
  return requests.map((_request, index) => ({
    kind: 'completed',
    outcome: outcomeOf(exceeded[index] ?? null, maxima[index] ?? 0),
  }))
}

/** For each request, whether another transaction has the lock of its clinic that `admit_claims` takes. */
async function findLockedClinics(pool: pg.Pool, requests: readonly AdmissionRequest[]): Promise<boolean[]> {
  const statement = sql`
    select array_agg(not pg_try_advisory_xact_lock(${clinicLockClasses.admissions}::integer, u.clinic_no)
                     order by u.n) as locked
      from unnest(${plainArray(requests, ({ bookingId }) => clinicNoOf(bookingId))}::integer[]) with ordinality
           u(clinic_no, n)`
  const { rows } = await pool.query<{ locked: boolean[] }>(prepared('find_locked_clinics', statement))
  return rows[0]?.locked ?? []
}

function outcomeOf(exceeded: string | null, max: number): AdmissionOutcome {
  if (exceeded === null) return { kind: 'admitted' }
  return exceeded === 'units' ? { kind: 'too_many_units', max } : tooManyBookings(exceeded, max)
}
