import { randomUUID } from 'node:crypto'
import { changeDatabaseUrl, createPool, largeObjectsStep } from '@holdfast/engine'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { checkLocale } from './check-collation.ts'
import { checkDatabase } from './check-database.ts'

test('what the login of the server may do beyond its grants is a warning', async ({ database }) => {
  const checks = async () =>
    (await checkDatabase(database.ownerUrl, database.appUrl)).checks.filter(({ name }) => name === 'application role')
  await database.ownerPool.query('grant execute on function pg_catalog.lo_create(oid) to public')
  expect(await checks()).toMatchObject([{ state: 'warning', fix: expect.stringContaining(largeObjectsStep.statement) }])
  await database.ownerPool.query(largeObjectsStep.statement)
  expect(await checks()).toMatchObject([{ state: 'ok' }])
  await expect(database.appPool.query('select lo_create(0)')).rejects.toThrow('permission denied')
  // A thief of the login can do this.
  const { rows } = await database.appPool.query<{ login: string }>('select current_user::text as login')
  await database.appPool.query(`alter role "${rows[0]?.login}" set search_path = planted, holdfast`)
  await database.appPool.query(`do $do$ begin
        execute format('alter role %I in database %I set work_mem = 64', current_user, current_database());
      end $do$`)
  const [warned] = await checks()
  expect(warned).toMatchObject({ state: 'warning', found: expect.stringContaining('search_path, work_mem') })
  const commands = (warned?.fix ?? '').match(/ALTER ROLE [^;]* RESET ALL;/g) ?? []
  expect(commands).toHaveLength(2)
  for (const command of commands) await database.ownerPool.query(command)
  expect(await checks()).toMatchObject([{ state: 'ok' }])
})

test('a locale that knows only the letters of ASCII is a warning', async ({ database }) => {
  const localeOf = async (url: string) => (await checkDatabase(url)).checks.find(({ name }) => name === 'locale')
  expect(await localeOf(database.ownerUrl)).toMatchObject({ state: 'ok' })
  const name = `ascii_${randomUUID().slice(0, 8)}`
  await database.ownerPool.query(
    `create database ${name} template template0 encoding 'UTF8' locale_provider libc locale 'C'`,
  )
  const pool = createPool({ url: changeDatabaseUrl(database.ownerUrl, { database: name }), max: 1, name: 'test' })
  expect(await checkLocale(pool)).toMatchObject({ state: 'warning' })
  await pool.end()
  await database.ownerPool.query(`drop database ${name}`)
})
