import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverSecrets, storedSecret } from '@holdfast/engine'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { StartError } from '../../lifecycle/start-error.ts'
import { forgetSecret, inspectSecrets, openSecrets, type SecretSettings } from './database-secrets.ts'

const test = databaseTest.extend<{ directory: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of the fixtures from the pattern
  async directory({}, use) {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-secrets-'))
    await use(directory)
    await rm(directory, { recursive: true })
  },
})

const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string]
const inDatabase: SecretSettings = { databaseUrl: 'set', dataDirectory: '', secretFile: null, secrets: null }
const given = (...secrets: string[]): SecretSettings => ({ ...inDatabase, secrets })
const inFile = (directory: string): SecretSettings => ({ ...inDatabase, secretFile: join(directory, 'secret') })

// The tests share a database.
test.beforeEach(async ({ database }) => {
  await database.ownerPool.query(`delete from holdfast.setting where name in ('secret', 'secret_fingerprint')`)
})

test('a missing file refuses the start of a database that was used with it, until it is restored', async ({
  database: { ownerUrl },
  directory,
}) => {
  const settings = inFile(directory)
  const path = join(directory, 'secret')
  const secrets = await openSecrets(ownerUrl, settings)
  await rm(path)
  await expect(openSecrets(ownerUrl, settings)).rejects.toThrow(StartError)
  await expect(openSecrets(ownerUrl, settings)).rejects.toThrow(`The file ${path} with the server's secret is missing`)
  await writeFile(path, first, { mode: 0o600 })
  await expect(openSecrets(ownerUrl, settings)).rejects.toThrow(`${path} is not the secret that this database was last`)
  await writeFile(path, secrets[0] ?? '')
  expect(await openSecrets(ownerUrl, settings)).toEqual(secrets)
})

test('servers with different secrets: the second is refused, and new,old changes the secret', async ({
  database: { ownerUrl, ownerPool },
}) => {
  expect(await openSecrets(ownerUrl, given(first))).toEqual([first])
  await expect(openSecrets(ownerUrl, given(second))).rejects.toThrow(
    /^HOLDFAST_SECRET is not the secret.*HOLDFAST_SECRET=new,old.*holdfast forget-secret/,
  )
  await expect(openSecrets(ownerUrl, given(second, third))).rejects.toThrow(StartError)
  await expect(openSecrets(ownerUrl, inDatabase)).rejects.toThrow('HOLDFAST_SECRET is not set')
  expect(await openSecrets(ownerUrl, given(second, first))).toEqual([second, first])
  expect(await openSecrets(ownerUrl, given(second))).toEqual([second])
  await expect(openSecrets(ownerUrl, given(first))).rejects.toThrow(StartError)
  const { rows } = await ownerPool.query<{ value: string }>('select value from holdfast.setting')
  for (const { value } of rows) for (const secret of [first, second]) expect(value).not.toContain(secret)
})

test('forget-secret lets the next start use another secret', async ({ database: { ownerUrl } }) => {
  await openSecrets(ownerUrl, given(first))
  expect([await forgetSecret(ownerUrl), await forgetSecret(ownerUrl)]).toEqual([true, false])
  expect(await openSecrets(ownerUrl, given(second))).toEqual([second])
  await expect(openSecrets(ownerUrl, given(first))).rejects.toThrow(StartError)
})

test('a setting that replaces the secret stored in the database keeps that one valid', async ({
  database: { ownerUrl },
}) => {
  const [stored = ''] = await openSecrets(ownerUrl, inDatabase)
  for (let start = 0; start < 2; start += 1) {
    expect(await openSecrets(ownerUrl, given(first))).toEqual([first, stored])
  }
  // It is the old secret now, and no other server may sign with it.
  for (const settings of [given(second), inDatabase]) {
    await expect(openSecrets(ownerUrl, settings)).rejects.toThrow(StartError)
  }
  expect(await openSecrets(ownerUrl, given(second, first))).toEqual([second, first, stored])
})

test('negative control: a stored secret that was never used is not accepted', async ({
  database: { ownerUrl, ownerPool },
}) => {
  await serverSecrets(ownerPool, null)
  for (let start = 0; start < 2; start += 1) expect(await openSecrets(ownerUrl, given(first))).toEqual([first])
})

test('moving the stored secret to a file keeps it, and a file that is lost then is missed', async ({
  database: { ownerUrl, ownerPool },
  directory,
}) => {
  const secrets = await openSecrets(ownerUrl, inDatabase)
  expect(await openSecrets(ownerUrl, inFile(directory))).toEqual(secrets)
  expect(await storedSecret(ownerPool)).toBeNull()
  await rm(join(directory, 'secret'))
  await expect(openSecrets(ownerUrl, inFile(directory))).rejects.toThrow('is missing')
})

test('an inspection reports what a start would refuse, and changes nothing', async ({
  database: { ownerUrl },
  directory,
}) => {
  const settings = inFile(directory)
  expect(await inspectSecrets(ownerUrl, settings)).toMatchObject({ secrets: [], refusal: null })
  expect(await inspectSecrets(ownerUrl, given(first))).toMatchObject({ secrets: [first], refusal: null })
  const secrets = await openSecrets(ownerUrl, settings)
  expect(await inspectSecrets(ownerUrl, settings)).toMatchObject({ secrets, refusal: null })
  expect((await inspectSecrets(ownerUrl, given(first))).refusal).toContain('HOLDFAST_SECRET is not the secret')
  await chmod(join(directory, 'secret'), 0o644)
  await expect(inspectSecrets(ownerUrl, settings)).rejects.toThrow('chmod 600')
  await rm(join(directory, 'secret'))
  expect((await inspectSecrets(ownerUrl, settings)).refusal).toContain('is missing')
})
