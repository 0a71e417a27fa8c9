import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { examine } from './examine.ts'

test('a missing database is an error where its secret is there, and otherwise not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-examine-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const secretFile = join(directory, 'secret')
  const env = { HOLDFAST_DATA: join(directory, 'data'), HOLDFAST_SECRET_FILE: secretFile, PORT: '0' }
  const database = async () => (await examine(env)).checks.find(({ name }) => name === 'database')
  expect(await database()).toMatchObject({ state: 'ok', found: expect.stringContaining('not created yet') })
  writeFileSync(secretFile, 's'.repeat(43), { mode: 0o600 })
  expect(await database()).toMatchObject({ state: 'error', found: expect.stringContaining('is the secret of one') })
})
