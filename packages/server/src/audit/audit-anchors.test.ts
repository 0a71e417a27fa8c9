import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openObjectStore } from '@holdfast/adapters/object-store'
import { sealAuditEvents, verifyAudit } from '@holdfast/engine'
import { aClinic, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { readConfig } from '../config/config.ts'
import { inObjectStore } from './anchor-places.ts'
import { anchorAuditEvents, anchorKey, readAnchors, requireOwnSecret } from './audit-anchors.ts'

const test = freshDatabaseTest.extend<{ place: string }>({
  place: async ({ task: _ }, use) => {
    const place = await mkdtemp(join(tmpdir(), 'holdfast-anchors-'))
    await use(place)
    await rm(place, { recursive: true })
  },
})

const secret = 's'.repeat(32)
const key = anchorKey(secret)
const longAgo = new Date(0)

async function addEvent({ ownerPool, appPool }: TestDatabase, clinicNo: number): Promise<void> {
  await ownerPool.query(
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     values ($1, now(), 'denied', 1, 'nobody', '{}')`,
    [clinicNo],
  )
  await sealAuditEvents(appPool)
}

async function filesIn(place: string): Promise<string[]> {
  const files = await readdir(place, { recursive: true })
  return files.filter((file) => file.endsWith('.json')).map((file) => join(place, file))
}

test('the ends of chains are stored once, signed, and again when the chains have grown', async ({
  database,
  place,
}) => {
  const clinic = await aClinic(database)
  const store = openObjectStore(place, null)
  const anchors = [inObjectStore(store, key)]
  await addEvent(database, clinic.no)
  const counts = [
    await anchorAuditEvents(database.appPool, anchors),
    await anchorAuditEvents(database.appPool, anchors),
  ]
  await addEvent(database, clinic.no)
  counts.push(await anchorAuditEvents(database.appPool, anchors, new Date(Date.now() + 60_000)))
  expect(counts).toEqual([1, 0, 1])
  const read = await readAnchors(store, [key.publicKey], longAgo)
  expect(read).toMatchObject({ anchors: 2, refused: [] })
  expect(read.anchored.map(({ no }) => no).sort()).toEqual(['1', '2'])
  const options = { anchored: read.anchored, since: longAgo, months: 12 }
  expect((await verifyAudit([database.ownerPool], options)).findings).toEqual([])
})

test('an anchor that was changed, or signed by somebody else, is refused with the reason', async ({
  database,
  place,
}) => {
  const clinic = await aClinic(database)
  const store = openObjectStore(place, null)
  await addEvent(database, clinic.no)
  await anchorAuditEvents(database.appPool, [inObjectStore(store, key)])
  const [file = ''] = await filesIn(place)
  const whole = await readFile(file, 'utf8')
  await writeFile(file, whole.replace(/\\"no\\":\\"1\\"/, '\\"no\\":\\"9\\"'))
  const other = generateKeyPairSync('ed25519').publicKey
  const reasonOf = async (keys = [key.publicKey]) => (await readAnchors(store, keys, longAgo)).refused[0]?.reason
  expect(await reasonOf()).toBe('its signature is wrong')
  await writeFile(file, whole)
  expect(await reasonOf()).toBeUndefined()
  expect(await reasonOf([other])).toMatch(/^it was signed with the key [0-9a-f]{16}, which is not known here$/)
  await writeFile(file, 'no JSON')
  expect(await reasonOf()).toBe('it is not JSON')
})

test('the key depends on the secret alone, and can be printed', () => {
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' })
  expect(anchorKey(secret).publicKey.export({ type: 'spki', format: 'pem' })).toBe(pem)
  expect(createPublicKey(pem).asymmetricKeyType).toBe('ed25519')
  expect(anchorKey('t'.repeat(32)).publicKey.export({ type: 'spki', format: 'pem' })).not.toBe(pem)
})

test('anchors need a secret that the database does not have', () => {
  const HOLDFAST_AUDIT_ANCHORS = '/var/lib/anchors'
  const configOf = (env: Record<string, string>) => {
    const read = readConfig({ HOLDFAST_AUDIT_ANCHORS, ...env })
    if (read.kind === 'invalid') throw new Error(JSON.stringify(read.errors))
    return read.config
  }
  const DATABASE_URL = 'postgres://holdfast@127.0.0.1/holdfast'
  expect(() => requireOwnSecret(configOf({ DATABASE_URL }))).toThrow('set HOLDFAST_SECRET or HOLDFAST_SECRET_FILE')
  for (const env of [{ DATABASE_URL, HOLDFAST_SECRET: secret }, { DATABASE_URL, HOLDFAST_SECRET_FILE: '/s' }, {}]) {
    expect(() => requireOwnSecret(configOf(env))).not.toThrow()
  }
})

test('a place that cannot be written fails the job, and is tried again', async ({ database, place, clinic }) => {
  await addEvent(database, clinic.no)
  const store = openObjectStore(place, null)
  const full = { ...store, put: () => Promise.reject(new Error('full')) }
  await expect(anchorAuditEvents(database.appPool, [inObjectStore(full, key)])).rejects.toThrow('full')
  expect(await anchorAuditEvents(database.appPool, [inObjectStore(store, key)])).toBe(1)
})
