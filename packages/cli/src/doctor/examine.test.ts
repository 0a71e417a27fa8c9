import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { examine } from './examine.ts'

function anInstallation() {
  const directory = mkdtempSync(join(tmpdir(), 'hf-examine-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const [dataDirectory, secretFile] = [join(directory, 'data'), join(directory, 'secret')]
  const env = { HOLDFAST_DATA: dataDirectory, HOLDFAST_SECRET_FILE: secretFile, PORT: '0' }
  const database = async () => (await examine(env)).checks.find(({ name }) => name === 'database')
  return { directory, dataDirectory, secretFile, database }
}

test('a missing database is an error where its secret is there, and otherwise not', async () => {
  const { secretFile, database } = anInstallation()
  expect(await database()).toMatchObject({ state: 'ok', found: expect.stringContaining('not created yet') })
  writeFileSync(secretFile, 's'.repeat(43), { mode: 0o600 })
  expect(await database()).toMatchObject({ state: 'error', found: expect.stringContaining('is the secret of one') })
})

test('a database that has a location and was never created is not created by the examination', async () => {
  const { directory, dataDirectory, database } = anInstallation()
  const home = join(directory, 'home')
  for (const path of [dataDirectory, home]) mkdirSync(path)
  // Root's PostgreSQL runs as another account, and could create a database there.
  chmodSync(directory, 0o755)
  chmodSync(home, 0o777)
  writeFileSync(join(dataDirectory, 'database-location'), home)
  expect(await database()).toMatchObject({ state: 'ok', found: expect.stringContaining('not created yet') })
  expect([readdirSync(dataDirectory), readdirSync(home)]).toEqual([['database-location'], []])
})

test('an interrupted restore is reported, and not as a database that can be created', async () => {
  const { dataDirectory, database } = anInstallation()
  mkdirSync(join(dataDirectory, 'postgres.restoring-0000'), { recursive: true })
  expect(await database()).toMatchObject({ state: 'error', found: expect.stringContaining('was interrupted') })
})
