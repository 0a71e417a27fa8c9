import {
  aClinic,
  aDoctor,
  aSlot,
  type BuiltClinic,
  type BuiltDoctor,
  type BuiltSlot,
  type TestDatabase,
} from '@holdfast/testkit'
import { expect } from 'vitest'
import type { Committed } from '../src/model/committed.ts'
import type { Engine } from '../src/model/engine.ts'
import { clinicNoOf } from '../src/model/id.ts'

/** A clinic with two doctors, each with a slot. */
export type AnnouncedScene = {
  database: TestDatabase
  engine: Engine
  clinic: BuiltClinic
  doctor: BuiltDoctor
  colleague: BuiltDoctor
  slot: BuiltSlot
  other: BuiltSlot
}

export async function anAnnouncedScene(its: TestDatabase, itsEngine: Engine): Promise<AnnouncedScene> {
  const clinic = await aClinic(its)
  const [doctor, colleague] = [await aDoctor(its, clinic), await aDoctor(its, clinic)]
  const [slot, other] = [await aSlot(its, doctor, { capacity: 5 }), await aSlot(its, colleague, { capacity: 5 })]
  return { database: its, engine: itsEngine, clinic, doctor, colleague, slot, other }
}

/** What a write must announce; null: nothing. */
export type ExpectedAnnouncement = { kind: Committed['kind']; clinicNos?: number[]; doctorIds?: string[] } | null

/** Prepares what the write needs, and returns the write itself. */
export type AnnouncedWriteCase = {
  prepare(scene: AnnouncedScene): Promise<() => Promise<unknown>>
  announced(scene: AnnouncedScene, result: never): ExpectedAnnouncement
}

/** For a write that needs nothing but the scene. */
export function at(write: (scene: AnnouncedScene) => Promise<unknown>): AnnouncedWriteCase['prepare'] {
  return async (scene) => () => write(scene)
}

/** Runs the write, and returns its announcements with what the database and the log say of their transactions. */
export async function observe(scene: AnnouncedScene, prepare: AnnouncedWriteCase['prepare']) {
  const write = await prepare(scene)
  const order: string[] = []
  const announcements: Promise<{ committed: Committed; status: string }>[] = []
  const unsubscribe = scene.engine.onCommitted((committed) => {
    order.push('announced')
    const { position } = committed
    announcements.push(
      scene.database.ownerPool
        .query<{ status: string }>('select pg_xact_status($1::text::xid8) as status', [position])
        .then(({ rows }) => ({ committed, status: rows[0]?.status ?? '' })),
    )
  })
  const result = await write()
  order.push('resolved')
  unsubscribe()
  return { result, order, announcements: await Promise.all(announcements) }
}

/** The clinics and doctors of a transaction's entries in the log. */
async function logged(its: TestDatabase, position: string | null) {
  const { rows } = await its.ownerPool.query<{ clinic_no: number | null; doctor_id: string | null }>(
    `select null::integer as clinic_no, e.resource_id as doctor_id from holdfast.booking_event e
      where e.xid = $1::text::xid8
     union select null, s.resource_id from holdfast.booking_event e
             join holdfast.slot s on s.clinic_no = e.clinic_no and s.id = e.from_slot_id where e.xid = $1::text::xid8
     union select case when d.resource_id is null then d.clinic_no end, d.resource_id
             from holdfast.directory_change d where d.xid = $1::text::xid8`,
    [position],
  )
  return {
    clinicNos: rows.map((row) => row.clinic_no).filter((no) => no !== null),
    doctorIds: rows.map((row) => row.doctor_id).filter((id) => id !== null),
  }
}

/** The write is announced once, as it says and as the log has it. */
export async function expectAnnounced(
  scene: AnnouncedScene,
  { prepare, announced }: AnnouncedWriteCase,
): Promise<void> {
  const { result, order, announcements } = await observe(scene, prepare)
  const expected = announced(scene, result as never)
  expect(order).toEqual(['announced', 'resolved'])
  const [first] = announcements
  if (first === undefined || expected === null) throw new Error('not announced')
  const { committed, status } = first
  const [clinicNos, doctorIds] = [expected.clinicNos ?? [], (expected.doctorIds ?? []).toSorted()]
  const { accountIds, slots: _slots, snapshot: _snapshot, ...touched } = committed
  expect(accountIds.size).toBe(expected.kind === 'members' ? 1 : 0)
  expect({ ...touched, clinicNos: [...touched.clinicNos], doctorIds: [...touched.doctorIds].toSorted() }).toEqual({
    kind: expected.kind,
    position: expect.stringMatching(/^\d+$/),
    clinicNos,
    doctorIds,
  })
  expect(status).toBe('committed')
  const { clinicNos: loggedNos, doctorIds: loggedIds } = await logged(scene.database, committed.position)
  const isLogged = expected.kind !== 'members'
  expect([loggedNos, loggedIds.toSorted()]).toEqual(isLogged ? [clinicNos, doctorIds] : [[], []])
  for (const doctorId of doctorIds) expect(clinicNoOf(doctorId)).toBe(scene.clinic.no)
}
