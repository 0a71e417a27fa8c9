import { aClinic, aDoctor, aVisitType } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'

test('each way of changing a visit type or its doctors is noted for the caches, once', async ({ database, clinic }) => {
  const doctor = await aDoctor(database, clinic)
  const { id } = await aVisitType(database, clinic)
  const changes = async () => {
    const { rows } = await database.ownerPool.query<{ count: number }>(sql`select count(*)::integer as count
        from holdfast.directory_change where clinic_no = ${clinic.no} and resource_id is null`)
    return rows[0]?.count ?? 0
  }
  let noted = await changes()
  for (const statement of [
    `insert into holdfast.visit_type_doctor (clinic_no, visit_type_id, resource_id) values ($1, $2, $3)`,
    `update holdfast.visit_type_doctor set minutes = 50 where (clinic_no, visit_type_id, resource_id) = ($1, $2, $3)`,
    `delete from holdfast.visit_type_doctor where (clinic_no, visit_type_id, resource_id) = ($1, $2, $3)`,
    `update holdfast.visit_type set minutes = 50 where (clinic_no, id) = ($1, $2) and $3::uuid is not null`,
  ]) {
    await database.ownerPool.query(statement, [clinic.no, id, doctor.id])
    noted += 1
    expect(await changes(), statement).toBe(noted)
  }
})

test('names in other languages are texts of 1 to 100 characters, in languages of the site', async ({ database }) => {
  const clinic = await aClinic(database)
  const { id } = await aVisitType(database, clinic)
  const setNames = (names: unknown) =>
    database.ownerPool.query(sql`update holdfast.visit_type set names = ${JSON.stringify(names)}
        where clinic_no = ${clinic.no} and id = ${id}`)
  await setNames({ de: 'ü'.repeat(100), ar: 'زيارة' })
  for (const names of [{ fr: 'Visite' }, { de: '' }, { de: 'x'.repeat(101) }, { de: 7 }, { de: null }, [], 'de']) {
    await expect(setNames(names), JSON.stringify(names)).rejects.toThrow()
  }
})
