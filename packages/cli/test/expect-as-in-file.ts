import { expect } from 'vitest'
import type { CasesSummary } from '../src/cases/import-cases.ts'
import { casesOfFile } from './cases-of-file.ts'

/** The summary is what the file gives, by a separate computation. */
export function expectAsInFile(summary: CasesSummary | null, text: string): void {
  const expected = casesOfFile(text)
  const overlaps = summary?.refused.flatMap(({ caseId, overlaps }) =>
    overlaps.map((one) => `${caseId} < ${one.caseId}`),
  )
  expect(overlaps).toEqual(expected.overlaps)
  const refusedOverlap = new Set(expected.overlaps.map((pair) => pair.split(' ')[0])).size
  const { rows, booked, refusedBlock } = expected
  expect(summary).toMatchObject({ rows, booked, refusedOverlap, refusedBlock, failed: 0 })
  expect(summary?.milestones).toBe(4 * booked)
  expect(summary?.verify).toMatchObject({ bookings: booked, overbooked: 0, mismatches: 0 })
  for (const [name, value] of Object.entries(expected.figures)) {
    const found = summary?.report.total[name as 'cases']
    if (value === null) expect(found, name).toBe(null)
    else expect(found, name).toBeCloseTo(value, 9)
  }
}
