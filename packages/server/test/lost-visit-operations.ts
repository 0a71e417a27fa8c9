import { aDoctor } from '@holdfast/testkit'
import type { LostOperations } from './lost-scene.ts'

/** What the clinic's people change of its visit types. */
export const lostVisitOperations = {
  createVisitType: async ({ rest, database, theatre: { clinic, path, admin } }) => {
    // A clinic may have few.
    await database.ownerPool.query('delete from holdfast.visit_type_doctor where clinic_no = $1', [clinic.no])
    await database.ownerPool.query('delete from holdfast.visit_type where clinic_no = $1', [clinic.no])
    const { id: doctorId } = await aDoctor(database, clinic)
    const body = { name: 'First visit', minutes: 40, doctors: [{ doctorId, minutes: 50 }] }
    return (key) => rest.call('createVisitType', { path, as: admin, body, key })
  },
  updateVisitType: async ({ rest, database, theatre: { clinic, path, admin } }) => {
    const body = { name: 'First visit', minutes: 40 }
    const { body: created } = await rest.call('createVisitType', { path, as: admin, body })
    const doctorIds = [(await aDoctor(database, clinic)).id]
    const one = { ...path, visitTypeId: created.id }
    return (key) =>
      rest.call('updateVisitType', { path: one, as: admin, body: { active: false, minutes: 30, doctorIds }, key })
  },
} satisfies LostOperations
