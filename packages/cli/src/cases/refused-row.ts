import type { Problem } from '@holdfast/contract/client'
import { type CaseRow, localText, timesOf } from './case-row.ts'

/** A case in the way: one of the file, with its times there, or one that the clinic had before. */
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

const blockCodes = new Set<string>(['block_overrun', 'block_owned'])

/** A row as the server refused it; null: it was refused for another reason, which is a failure. */
export function refusedRow(
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

function localTime(instant: string | undefined, timeZone: string): string {
  if (instant === undefined) return ''
  return localText(Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDateTime())
}
