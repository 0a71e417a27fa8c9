import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillDataDirectory, ofKind } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { type Config, readConfig } from '../../config/config.ts'
import { openDatabase } from './open-database.ts'

const refusal = /There is no database in .*, and .* is the secret of one/

test('where the secret is and its database is not, none is created, unless it is asked for', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-open-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  onTestFinished(() => rm(directory, { recursive: true }))
  const [data, wrong] = [join(directory, 'data'), join(directory, 'dat')]
  await fillDataDirectory(data)
  const secretFile = join(directory, 'secret')
  await writeFile(secretFile, `${'s'.repeat(43)}\n`, { mode: 0o600 })
  await (await openDatabase(settings(data, secretFile), { share: true })).stop()
  for (const share of [false, true]) {
    await expect(openDatabase(settings(wrong, secretFile), { share })).rejects.toThrow(refusal)
    expect((await readdir(wrong)).filter((name) => /postgres|password/.test(name))).toEqual([])
  }
  // A secret that is yet to be created belongs to a new installation.
  await (await openDatabase(settings(wrong, join(directory, 'none')), { share: true })).stop()
  await rm(wrong, { recursive: true })
  await (await openDatabase(settings(wrong, secretFile), { share: true, mayBeNew: true })).stop()
  await (await openDatabase(settings(wrong, secretFile), { share: false })).stop()
})

function settings(dataDirectory: string, secretFile: string): Config {
  return ofKind(readConfig({ HOLDFAST_DATA: dataDirectory, HOLDFAST_SECRET_FILE: secretFile }), 'ok').config
}
