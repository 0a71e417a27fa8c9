import type pg from 'pg'
import type { Announce } from '../model/committed.ts'
import type { Patients } from '../model/patient-record.ts'
import { patientLinks } from './patient-links.ts'
import { patientList } from './patient-list.ts'
import { patientMerges } from './patient-merges.ts'
import { patientRecords } from './patient-records.ts'
import { patientVisits } from './patient-visits.ts'
import { recordErasures } from './record-erasures.ts'

/** @param settings.erasePool for erasures, which wait for locks of the theatre */
export function createPatients({
  pool,
  erasePool,
  announce,
}: {
  pool: pg.Pool
  erasePool: pg.Pool
  announce: Announce
}): Patients {
  const records = patientRecords(pool)
  return {
    ...records,
    ...patientMerges(pool, records.record),
    ...patientList(pool),
    visits: (patientId, now) => patientVisits(pool, patientId, now),
    ...patientLinks(pool),
    ...recordErasures(erasePool, announce),
  }
}
