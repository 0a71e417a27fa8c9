// Completeness: the security log after a restore to before an epoch that is lost, and after a restart
import { aClinic } from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { addEvents, anchor, daysAgo } from '../../test/audit-events.ts'
import { sealAuditEvents } from './seal-audit-events.ts'
import { type AnchoredHead, verifyAudit } from './verify-audit.ts'

const lastEpoch = '(select max(no) from holdfast.log_epoch)'

/** A server begins an epoch whenever the database was started again. */
freshDatabaseTest('a whole epoch is lost by a restore, and missing if somebody deletes it', async ({ database }) => {
  const { ownerPool } = database
  const [clinic, created] = [await aClinic(database), await aClinic(database)]
  await addEvents(database, 0, 1)
  await addEvents(database, clinic.no, 5)
  const begin = () => ownerPool.query(`select holdfast.begin_log_epoch(${lastEpoch})`)
  await ownerPool.query('create table saved as select * from holdfast.audit_chain')
  await begin()
  await addEvents(database, clinic.no, 3)
  await addEvents(database, created.no, 2)
  const anchored = await anchor(database)
  const verify = () => verifyAudit([ownerPool], { anchored, since: daysAgo(40), months: 12 })
  expect(await verify()).toMatchObject({ findings: [], restored: [] })

  // Negative control: with the ends of the chains, it is no restore.
  await ownerPool.query(`delete from holdfast.audit_event where epoch = ${lastEpoch}`)
  const { findings } = await verify()
  expect(findings.map(({ kind, clinicNo }) => [kind, clinicNo])).toEqual(
    expect.arrayContaining([0, clinic.no, created.no].map((no) => ['missing', no])),
  )

  await ownerPool.query('truncate holdfast.audit_chain; insert into holdfast.audit_chain select * from saved')
  await begin()
  await addEvents(database, clinic.no, 1)
  const restored = [
    // The end of the former chain, and those of a clinic that is not there any more.
    { clinicNo: 0, no: '1', lost: 3 },
    { clinicNo: clinic.no, no: '5', lost: 4 },
  ]
  const report = await verify()
  expect(report.findings).toEqual([])
  expect(report.restored.sort((a, b) => a.clinicNo - b.clinicNo)).toMatchObject(restored)
})

freshDatabaseTest('what was never anchored is found after a restart, too', async ({ database }) => {
  const { ownerPool } = database
  const clinic = await aClinic(database)
  await addEvents(database, clinic.no, 2, 1)
  const verify = async (anchored: readonly AnchoredHead[]) =>
    (await verifyAudit([ownerPool], { anchored, since: daysAgo(40), months: 12 })).findings.map(({ kind, no }) => [
      kind,
      no,
    ])
  const unanchored = [['unanchored', '1']]
  expect(await verify([])).toEqual(unanchored)

  await ownerPool.query(`select holdfast.begin_log_epoch(${lastEpoch})`)
  expect(await verify([])).toEqual(unanchored)
  // The new chain begins with the end of the former one.
  expect(await sealAuditEvents(database.appPool)).toBe(1)
  expect(await verify([])).toEqual(unanchored)
  // Negative control: an anchor of the new chain guarantees both.
  expect(await verify(await anchor(database))).toEqual([])
})
