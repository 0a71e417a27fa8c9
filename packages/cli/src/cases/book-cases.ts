import type { Problem } from '@holdfast/contract/client'
import { callTimeout, httpOutcome } from '../replay/http-outcome.ts'
import { type ReplayServer, sleeper } from '../replay/replay-server.ts'
import { retryCall, type Stop } from '../replay/retry-call.ts'
import { type CaseRow, plannedEndOf } from './case-row.ts'
import type { PlannedCase } from './plan-cases.ts'
import { patientOf, type RoomOnServer } from './prepare-theatre.ts'

/** A case in the way: of the file, with its times there, or one that the clinic had before. */
export type OverlappedCase = { caseId: string; from: string; to: string }

/** A row that was not booked. Times are local, as in the file. */
export type RefusedRow = {
  caseId: string
  room: string
  from: string
  to: string
  /** `overlap`: the room is taken then; `block`: its block has no minutes left for it, or belongs to somebody. */
  why: 'overlap' | 'block'
  overlaps: OverlappedCase[]
}

export type BookedRows = {
  /** The server's ids, by the file's. */
  booked: Map<string, string>
  refused: RefusedRow[]
  failures: { caseId: string; why: string }[]
  /** Why the server ended it before the last row; null: it did not. */
  stop: Stop | null
}

type Settings = {
  clinicId: string
  rooms: ReadonlyMap<string, RoomOnServer>
  /** Cases that an earlier run has booked: these rows are not sent again. */
  earlier: ReadonlyMap<string, string>
  timeZone: string
  onRow(done: number): void
}

const blockCodes = new Set<string>(['block_full', 'block_overrun', 'block_owned'])

/**
 * Books the rows one after the other, in their order: of two that overlap, the first one gets the room. Each has an
 * idempotency key of its row, so a repetition after a lost response finds the case that it has created.
 */
export async function bookCases(
  server: ReplayServer,
  cases: readonly PlannedCase[],
  settings: Settings,
): Promise<BookedRows> {
  const result: BookedRows = { booked: new Map(), refused: [], failures: [], stop: null }
  const rowOfId = new Map<string, CaseRow>()
  // A repetition finds rows after this one booked, which were not in its way when it was refused.
  const laterIds = new Set(settings.earlier.values())
  const add = (row: CaseRow, id: string) => {
    result.booked.set(row.caseId, id)
    rowOfId.set(id, row)
    laterIds.delete(id)
  }
  for (const [index, planned] of cases.entries()) {
    server.signal.throwIfAborted()
    const { row } = planned
    const earlierId = settings.earlier.get(row.caseId)
    const outcome = earlierId === undefined ? await bookCase(server, planned, settings) : ok(earlierId)
    if (outcome.kind === 'stopped') {
      result.stop = outcome
      return result
    }
    if (outcome.kind === 'ok') add(row, outcome.id)
    else if (outcome.kind === 'refused') result.failures.push({ caseId: row.caseId, why: outcome.why })
    else {
      const conflicts = (outcome.conflicts ?? []).filter(({ caseId }) => !laterIds.has(caseId ?? ''))
      const refused = refusedRow(row, conflicts, rowOfId, settings.timeZone)
      if (refused === null) result.failures.push({ caseId: row.caseId, why: outcome.detail })
      else result.refused.push(refused)
    }
    settings.onRow(index + 1)
  }
  return result
}

async function bookCase(
  server: ReplayServer,
  { row, startsAt }: PlannedCase,
  { clinicId, rooms }: Pick<Settings, 'clinicId' | 'rooms'>,
) {
  const room = rooms.get(row.room)
  if (room === undefined) throw new Error(`Room ${row.room} was not prepared.`)
  const body = {
    clinicId,
    ...room,
    startsAt: startsAt.toString(),
    minutes: row.minutes,
    patient: patientOf(row.caseId),
    service: row.service,
    procedure: { code: row.procedureCode, display: row.procedure },
    confirm: true,
  }
  const call = () =>
    httpOutcome(
      server.admin.createCase({
        body,
        headers: { 'Idempotency-Key': `holdfast-case-${row.caseId}-${startsAt}` },
        ...callTimeout(),
      }),
    )
  const { outcome } = await retryCall(call, sleeper(server.signal))
  return outcome.kind === 'ok' ? ok(outcome.data.id) : outcome
}

function ok(id: string) {
  return { kind: 'ok' as const, id }
}

/** null: it was refused for another reason, which is a failure. */
function refusedRow(
  row: CaseRow,
  conflicts: NonNullable<Problem['conflicts']>,
  rowOfId: ReadonlyMap<string, CaseRow>,
  timeZone: string,
): RefusedRow | null {
  const overlaps = conflicts
    .filter((conflict) => conflict.code === 'resource_busy' && conflict.kind === 'room')
    .map(({ caseId, from, to }) => {
      const other = rowOfId.get(caseId ?? '')
      return other === undefined
        ? { caseId: caseId ?? '', from: localTime(from, timeZone), to: localTime(to, timeZone) }
        : { caseId: other.caseId, ...timesOf(other) }
    })
  const refused = { caseId: row.caseId, room: row.room, ...timesOf(row), overlaps }
  if (overlaps.length > 0) return { ...refused, why: 'overlap' }
  return conflicts.some(({ code }) => blockCodes.has(code)) ? { ...refused, why: 'block' } : null
}

function timesOf(row: CaseRow): { from: string; to: string } {
  return { from: textOf(row.startsAt), to: textOf(plannedEndOf(row)) }
}

function localTime(instant: string | undefined, timeZone: string): string {
  if (instant === undefined) return ''
  return textOf(Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDateTime())
}

function textOf(local: Temporal.PlainDateTime): string {
  return local.toString({ smallestUnit: 'minute' })
}
