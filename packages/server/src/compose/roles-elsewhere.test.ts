import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aMember, until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { call, serverOn, signUp } from '../../test/running-server.ts'

test('a server of one database says that roles in another one are missing, and serves no old rows', async ({
  database,
}) => {
  const server = await serverOn(database)
  onTestFinished(() => server.stop())
  const get = (path: string, bearer: string) => call(`${server.url}/api/v1${path}`, { bearer })
  const [moved, stays] = [await aClinic(database), await aClinic(database)]
  const doctor = await aDoctor(database, moved)
  const person = await signUp(server.url, `${randomUUID()}@example.org`)
  const other = await signUp(server.url, `${randomUUID()}@example.org`)
  const gone = await signUp(server.url, `${randomUUID()}@example.org`)
  const note = (accountId: string, clinicNo: number) =>
    database.ownerPool.query('insert into holdfast.account_clinic (account_id, clinic_no) values ($1, $2)', [
      accountId,
      clinicNo,
    ])
  for (const clinic of [moved, stays]) {
    await aMember(database, clinic, { role: 'admin', accountId: person.id })
    await note(person.id, clinic.no)
  }
  // Of a role whose row is in the other database alone, as after the end of a move.
  await note(gone.id, moved.no)
  const rolesOf = async ({ token }: { token: string }) => {
    const { body } = await get('/me', token)
    const memberships = body.memberships as { clinicId: string }[]
    return { clinics: memberships.map(({ clinicId }) => clinicId), incomplete: body.incomplete ?? false }
  }
  await until(
    async () => ((await rolesOf(person)).clinics.length === 2 ? true : undefined),
    () => 'both roles',
  )
  expect(await rolesOf(person)).toMatchObject({ incomplete: false })
  expect((await get(`/doctors/${doctor.id}`, person.token)).status).toBe(200)

  // As a move leaves it that another server's settings allow, before the old rows are deleted.
  await database.ownerPool.query("insert into holdfast.shard (no, name) values (7, 'added')")
  await database.ownerPool.query('insert into holdfast.clinic_shard (clinic_no, shard_no) values ($1, 7), ($2, 0)', [
    moved.no,
    stays.no,
  ])
  await until(
    async () => ((await rolesOf(person)).incomplete === true ? true : undefined),
    () => 'the mark',
  )
  expect(await rolesOf(person)).toEqual({ clinics: [stays.id], incomplete: true })
  expect(await rolesOf(gone)).toEqual({ clinics: [], incomplete: true })
  expect(await rolesOf(other)).toEqual({ clinics: [], incomplete: false })
  for (const path of [`/clinics/${moved.id}/members`, `/clinics/${moved.id}`, `/doctors/${doctor.id}`]) {
    expect(await get(path, person.token)).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  }
  expect((await get(`/clinics/${stays.id}/members`, person.token)).status).toBe(200)
})
