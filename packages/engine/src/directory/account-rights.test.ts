import { randomUUID } from 'node:crypto'
import { aClinic, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { accountRights, membershipsOfAccount } from './account-rights.ts'

async function rights(database: TestDatabase, accountId: string): Promise<unknown> {
  const { tables, columns } = accountRights(sql`(select id from account)`)
  const statement = sql`with account as (select ${accountId}::uuid as id), ${tables} select ${columns}`
  const { rows } = await database.appPool.query(statement)
  return rows[0]
}

test('an account is a site administrator only if it was made one', async ({ database }) => {
  const accountId = randomUUID()
  expect(await rights(database, accountId)).toEqual({
    site_administrator: false,
    memberships: [],
    second_factor_clinic_nos: [],
  })
  await database.ownerPool.query('insert into holdfast.site_administrator (account_id) values ($1)', [accountId])
  expect(await rights(database, accountId)).toEqual({
    site_administrator: true,
    memberships: [],
    second_factor_clinic_nos: [],
  })
})

test('the memberships of an account are the same as rows and in its rights', async ({ database }) => {
  const accountId = randomUUID()
  const clinics = [await aClinic(database), await aClinic(database)]
  for (const { no } of clinics) {
    const values = [no, accountId]
    await database.ownerPool.query("insert into holdfast.membership values ($1, $2, 'staff')", values)
  }
  const { rows } = await database.appPool.query(membershipsOfAccount(accountId))
  expect(rows).toEqual(
    clinics.map(({ no, id }) => ({ clinicNo: no, clinicId: id, accountId, role: 'staff', doctorId: null })),
  )
  expect(await rights(database, accountId)).toEqual({
    site_administrator: false,
    memberships: rows.map((row) => ({ ...row, needsSecondFactor: false })),
    second_factor_clinic_nos: [],
  })
})

test('a clinic whose roles need a second factor says so to members and site administrators', async ({ database }) => {
  const [member, administrator] = [randomUUID(), randomUUID()]
  const { no } = await aClinic(database)
  await database.ownerPool.query("insert into holdfast.membership values ($1, $2, 'staff')", [no, member])
  await database.ownerPool.query('insert into holdfast.site_administrator (account_id) values ($1)', [administrator])
  await database.appPool.query('update holdfast.clinic set roles_need_second_factor = true where no = $1', [no])
  expect(await rights(database, member)).toMatchObject({
    memberships: [{ clinicNo: no, needsSecondFactor: true }],
    second_factor_clinic_nos: [],
  })
  expect(await rights(database, administrator)).toMatchObject({
    memberships: [],
    second_factor_clinic_nos: expect.arrayContaining([no]),
  })
})
