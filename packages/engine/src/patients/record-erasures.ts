import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import { announceErased } from '../erasure/announce-erased.ts'
import { eraseRecord, type RecordToErase, type ResultOfRecord } from '../erasure/erase-record.ts'
import { unlinkedOfRecord } from '../erasure/unlinked-of-record.ts'
import type { Announce } from '../model/committed.ts'
import type { OtherRecords, UnlinkedOfRecord } from '../model/erasure.ts'
import { clinicNoOf } from '../model/id.ts'
import type { Patients } from '../model/patient-record.ts'
import type { OnceResult, WriteKey } from '../model/stored-responses.ts'
import { runOnce } from '../stored-responses/run-once.ts'

type Erasure = ResultOfRecord & { unlinked: UnlinkedOfRecord }

/** An erasure is stored with its key: without the patient, a retry would find nobody to erase. */
export function recordErasures(pool: pg.Pool, announce: Announce): Pick<Patients, 'unlinked' | 'erase'> {
  return {
    unlinked: (patientId) => unlinkedOfRecord(pool, { clinicNo: clinicNoOf(patientId), of: { patientId } }),

    async erase({ writeKey = null, ...request }) {
      const result = await eraseOnce(pool, request, writeKey)
      if (result.kind === 'key_reused') return result
      const { outcome, resourceIds, tx, unlinked } = result.value
      const isRepeated = result.kind === 'replayed'
      // What was found done may have lost its announcement with its result.
      const { clinicNo } = request
      if (tx !== null) announceErased(announce, { clinicNo, resourceIds, position: isRepeated ? null : tx })
      if (outcome.kind !== 'erased') return outcome
      return { ...outcome, kind: isRepeated ? 'replayed' : 'erased', unlinked }
    },
  }
}

async function eraseOnce(pool: pg.Pool, request: RecordToErase, writeKey: WriteKey): Promise<OnceResult<Erasure>> {
  // Before the erasure, which removes the contacts; and not in its transaction, which would lock all months.
  const unlinked = await unlinkedOfRecord(pool, request)
  return inTransaction(pool, async (transaction) => {
    const erase = () => eraseRecord(transaction, request)
    if (writeKey === null) return { kind: 'done', value: { ...(await erase()), unlinked } }
    const once = { writeKey, clinicNo: request.clinicNo }
    // Other records are stored by their ids alone, so that nothing of one stays here when it is erased.
    const { count, records } = unlinked.otherRecords
    const stored = { count, records: records.map(({ patientId }) => ({ patientId, recordNumber: null })) }
    const write = async () => ({ ...(await erase()), unlinked: { ...unlinked, otherRecords: stored } })
    const result = await runOnce(transaction, once, write, ({ outcome }) => outcome.kind === 'erased')
    if (result.kind === 'key_reused') return result
    const { value } = result
    const { otherRecords: kept } = value.unlinked
    const otherRecords = { count: kept.count, records: await numbered(transaction, request.clinicNo, kept) }
    return { ...result, value: { ...value, unlinked: { ...value.unlinked, otherRecords } } }
  })
}

/** Those that are not erased, with their numbers as they are now. */
async function numbered(
  transaction: Pick<pg.PoolClient, 'query'>,
  clinicNo: number,
  { records }: OtherRecords,
): Promise<OtherRecords['records']> {
  const ids = records.map(({ patientId }) => patientId)
  const { rows } = await transaction.query<OtherRecords['records'][number]>(sql`
    select p.id as "patientId", p.mrn as "recordNumber" from holdfast.patient p
     where p.clinic_no = ${clinicNo} and p.id = any (${ids}::uuid[]) and p.erased_at is null
     order by array_position(${ids}::uuid[], p.id)`)
  return rows
}
