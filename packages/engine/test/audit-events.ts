import type { TestDatabase } from '@holdfast/testkit'
import { noteAnchored, sealAuditEvents, unanchoredHeads } from '../src/audit/seal-audit-events.ts'
import type { AnchoredHead } from '../src/audit/verify-audit.ts'

export const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)

/** Adds events of the clinic, each a minute after the one before, the last `daysOld` days ago, and seals them. */
export async function addEvents(database: TestDatabase, clinicNo: number, count: number, daysOld = 0): Promise<void> {
  await database.ownerPool.query(
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, actor_id, subject_id, network, details)
     select $1, now() - make_interval(days => $3) - make_interval(mins => $2 - n), 'booking_read', 1, 'account',
            gen_random_uuid(), gen_random_uuid(), '203.0.113.0/24', array['history', n::text, 'a "quoted", {word}']
       from generate_series(1, $2::integer) n`,
    [clinicNo, count, daysOld],
  )
  await sealAuditEvents(database.appPool)
}

/** Notes the ends of all chains as stored outside `at`. @returns them */
export async function anchor(database: TestDatabase, at = new Date()): Promise<AnchoredHead[]> {
  const heads = await unanchoredHeads(database.appPool, 100)
  await noteAnchored(database.appPool, heads)
  return heads.map((head) => ({ ...head, at }))
}
