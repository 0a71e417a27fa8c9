import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { checkMovingClinics } from './check-moving-clinics.ts'

test('a clinic whose changes are refused is a warning, until its move ends', async ({ database, clinic }) => {
  const refuseUntil = (until: string) =>
    database.ownerPool.query(
      `insert into holdfast.moving_clinic values ($1, gen_random_uuid(), $2)
       on conflict (clinic_no) do update set refused_until = $2`,
      [clinic.no, until],
    )
  expect(await checkMovingClinics(database.ownerPool)).toEqual([])
  await refuseUntil('infinity')
  expect(await checkMovingClinics(database.ownerPool)).toEqual([
    {
      name: 'clinics that move',
      state: 'warning',
      found: `changes of clinic ${clinic.no} are refused, and jobs that concern several clinics fail`,
      fix: expect.stringContaining('move-clinic'),
    },
  ])
  await refuseUntil('2020-01-01')
  expect(await checkMovingClinics(database.ownerPool)).toEqual([])
})
