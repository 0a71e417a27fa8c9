import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openObjectStore } from '@holdfast/adapters/object-store'
import { createPool, sealAuditEvents } from '@holdfast/engine'
import { anchorAuditEvents, anchorKey } from '@holdfast/server/audit-anchors'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { documentedCommands } from '../../../../test/deploy/documented-commands.ts'
import { runCaptured } from '../../test/captured-context.ts'
import { createEmptyInstallation, type EmptyInstallation } from '../../test/empty-installation.ts'

const secret = 'audited-secret-of-32-characters-0'

let database: EmptyInstallation
let directory: string
let env: Record<string, string>

beforeAll(async () => {
  database = await createEmptyInstallation()
  directory = await mkdtemp(join(tmpdir(), 'holdfast-audit-'))
  env = { DATABASE_URL: database.ownerUrl, PORT: '0', HOLDFAST_SECRET: secret }
  await runCaptured(['migrate'], env)
  await runCaptured(['admin', 'create', '--email', 'boss@example.org'], env)
  const pool = createPool({ url: database.ownerUrl, max: 1, name: 'holdfast test' })
  await sealAuditEvents(pool)
  await anchorAuditEvents(pool, { store: openObjectStore(join(directory, 'anchors'), null), key: anchorKey(secret) })
  await pool.end()
})
afterAll(async () => {
  await rm(directory, { recursive: true })
  await database.drop()
})

test('a log that nobody has changed is as it was written, also for who has the public key alone', async () => {
  const anchors = { HOLDFAST_AUDIT_ANCHORS: join(directory, 'anchors') }
  const [command = ''] = documentedCommands('security-log.md')
  const own = await runCaptured(command.trim().split(' ').slice(1), { ...env, ...anchors })
  expect(own).toMatchObject({ code: 0 })
  expect(own.out).toContain('The security log is as it was written.')
  const key = await runCaptured(['audit', 'key'], env)
  await writeFile(join(directory, 'key.pem'), key.out.join('\n'))
  const args = ['--anchors', join(directory, 'anchors'), '--key', join(directory, 'key.pem'), '--json']
  const { HOLDFAST_SECRET: _, ...without } = env
  const auditor = await runCaptured(['audit', 'verify', ...args], without)
  expect(auditor).toMatchObject({ code: 0 })
  expect(JSON.parse(auditor.out.join(''))).toMatchObject({ anchors: 1, refusedAnchors: [], findings: [] })
})

test('what the owner has changed is named, and the command fails', async () => {
  await database.owner.query(`update holdfast.audit_event set kind = 'sign_out' where no = 1`)
  const { code, out } = await runCaptured(['audit', 'verify'], env)
  expect(code).toBe(1)
  expect(out.join('\n')).toMatch(/changed no clinic, epoch \d+, event 1: the event, or the hash of the one before it/)
  expect(out.join('\n')).toContain('The security log was changed: see above.')
})

test('a key that is none, and anchors of another key, are refused', async () => {
  const anchors = ['--anchors', join(directory, 'anchors')]
  await writeFile(join(directory, 'no.pem'), 'no key')
  const noKey = await runCaptured(['audit', 'verify', ...anchors, '--key', join(directory, 'no.pem')], env)
  expect(noKey).toMatchObject({ code: 2 })
  expect(noKey.err.join('\n')).toContain('is no public key in the form PEM')
  const { publicKey } = generateKeyPairSync('ed25519')
  await writeFile(join(directory, 'other.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
  const other = await runCaptured(['audit', 'verify', ...anchors, '--key', join(directory, 'other.pem')], env)
  expect(other.out.join('\n')).toMatch(
    /anchor_refused .*: it was signed with the key [0-9a-f]{16}, which is not known here/,
  )
})
