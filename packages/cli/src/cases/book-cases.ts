import { callTimeout, httpOutcome } from '../target/http-outcome.ts'
import { retryCall, type Stop } from '../target/retry-call.ts'
import { sleeper, type TargetServer } from '../target/target-server.ts'
import { type CaseRow, timesOf } from './case-row.ts'
import type { PlannedBlock, PlannedCase } from './plan-cases.ts'
import { patientOf, type RoomOnServer } from './prepare-theatre.ts'
import { type OverlappedCase, type RefusedRow, refusedRow } from './refused-row.ts'

/** The rooms as the rows that are booked take them, by the times of the file. */
type PlannedRooms = {
  /** Why the row cannot be booked after those that are; null: the file says nothing against it. */
  refusalOf(planned: PlannedCase): RefusedRow | null
  add(planned: PlannedCase): void
}

type Taken = { row: CaseRow; from: number; to: number; block: PlannedBlock | undefined }

const minuteMs = 60_000

/**
 * Decides by the file alone which rows are in each other's way. A server that has the milestones cannot: a case that
 * ended early has given back the rest of its time and of its block's minutes, so a second run would book other rows.
 *
 * @param blocks those that this run or an earlier one has created; the server decides what fits others
 */
function plannedRooms(rooms: ReadonlyMap<string, RoomOnServer>, blocks: readonly PlannedBlock[]): PlannedRooms {
  const booked = new Map<string, Taken[]>()
  const takenBy = ({ row, startsAt }: PlannedCase): Taken => {
    const from = startsAt.epochMilliseconds
    const to = from + (row.minutes + (rooms.get(row.room)?.turnoverMinutes ?? 0)) * minuteMs
    const block = blocks.find(
      (one) => one.room === row.room && one.from.epochMilliseconds <= from && from < one.to.epochMilliseconds,
    )
    return { row, from, to, block }
  }
  return {
    refusalOf(planned) {
      const wanted = takenBy(planned)
      const { row, from, to, block } = wanted
      const inRoom = booked.get(row.room) ?? []
      const overlaps = inRoom
        .filter((other) => other.from < to && from < other.to)
        .map((other) => ({ caseId: other.row.caseId, ...timesOf(other.row) }))
      const refused = { caseId: row.caseId, room: row.room, ...timesOf(row), overlaps }
      if (overlaps.length > 0) return { ...refused, why: 'overlap' }
      if (block === undefined) return null
      const ofBlock = [...inRoom.filter((other) => other.block === block), wanted]
      const minutes = ofBlock.reduce((sum, other) => sum + (other.to - other.from) / minuteMs, 0)
      return minutes > block.minutes ? { ...refused, why: 'block' } : null
    },

    add(planned) {
      const taken = takenBy(planned)
      booked.set(planned.row.room, [...(booked.get(planned.row.room) ?? []), taken])
    },
  }
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
  /** The blocks that this run or an earlier one has created. */
  blocks: readonly PlannedBlock[]
  /** Cases that an earlier run has booked: these rows are not sent again. */
  earlier: ReadonlyMap<string, string>
  timeZone: string
  onRow(done: number): void
}

/**
 * Books the rows one after the other, in their order: of two that overlap, the first one gets the room. A first run
 * sends every row, and a row is a failure where the server decides otherwise than the file. In a repetition the file
 * decides, so that it gives the same result. Each has an idempotency key of its row, so a repetition after a
 * lost response finds the case that it has created.
 */
export async function bookCases(
  server: TargetServer,
  cases: readonly PlannedCase[],
  settings: Settings,
): Promise<BookedRows> {
  const result: BookedRows = { booked: new Map(), refused: [], failures: [], stop: null }
  const rowOfId = new Map<string, CaseRow>()
  // A repetition finds rows after this one booked, which were not in its way when it was refused.
  const laterIds = new Set(settings.earlier.values())
  const inFile = plannedRooms(settings.rooms, settings.blocks)
  const add = (planned: PlannedCase, id: string) => {
    result.booked.set(planned.row.caseId, id)
    rowOfId.set(id, planned.row)
    laterIds.delete(id)
    inFile.add(planned)
  }
  for (const [index, planned] of cases.entries()) {
    server.signal.throwIfAborted()
    const { row } = planned
    const earlierId = settings.earlier.get(row.caseId)
    const byFile = earlierId === undefined ? inFile.refusalOf(planned) : null
    if (byFile !== null && settings.earlier.size > 0) {
      result.refused.push(byFile)
      settings.onRow(index + 1)
      continue
    }
    const outcome = earlierId === undefined ? await bookCase(server, planned, settings) : ok(earlierId)
    if (outcome.kind === 'stopped') {
      result.stop = outcome
      return result
    }
    const fail = (why: string) => result.failures.push({ caseId: row.caseId, why })
    if (outcome.kind === 'ok' && byFile !== null) fail(bookedNevertheless(byFile))
    else if (outcome.kind === 'ok') add(planned, outcome.id)
    else if (outcome.kind === 'refused') fail(outcome.why)
    else {
      const conflicts = (outcome.conflicts ?? []).filter(({ caseId }) => !laterIds.has(caseId ?? ''))
      const refused = refusedRow(row, conflicts, rowOfId, settings.timeZone)
      const isKnown = (one: OverlappedCase) => refused?.overlaps.some(({ caseId }) => caseId === one.caseId) === true
      if (refused === null || byFile?.overlaps.every(isKnown) === false) fail(outcome.detail)
      else result.refused.push(refused)
    }
    settings.onRow(index + 1)
  }
  return result
}

function bookedNevertheless({ why, overlaps }: RefusedRow): string {
  const inTheWay = overlaps.map(({ caseId }) => caseId).join(', ')
  return why === 'overlap' ? `booked, though it overlaps ${inTheWay}` : 'booked, though its block has no minutes left'
}

async function bookCase(
  server: TargetServer,
  { row, startsAt }: PlannedCase,
  { clinicId, rooms }: Pick<Settings, 'clinicId' | 'rooms'>,
) {
  const room = rooms.get(row.room)
  if (room === undefined) throw new Error(`Room ${row.room} was not prepared.`)
  const { roomId, surgeonId } = room
  const body = {
    clinicId,
    roomId,
    surgeonId,
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
