import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool, sealAuditEvents } from '@holdfast/engine'
import { anchorAuditEvents, openAuditAnchors } from '@holdfast/server/audit-anchors'
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
  const places = { auditAnchors: join(directory, 'anchors'), auditSyslog: null, s3Url: null }
  await anchorAuditEvents(pool, openAuditAnchors(places, [secret]))
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
  const alone = await runCaptured(['audit', 'verify'], env)
  expect(alone).toMatchObject({ code: 0 })
  expect(alone.out).toContain('The chains of the security log are whole.')
  expect(alone.out).not.toContain('The security log is as it was written.')
  const key = await runCaptured(['audit', 'key'], env)
  await writeFile(join(directory, 'key.pem'), key.out.join('\n'))
  const args = ['--anchors', join(directory, 'anchors'), '--key', join(directory, 'key.pem'), '--json']
  const { HOLDFAST_SECRET: _, ...without } = env
  const auditor = await runCaptured(['audit', 'verify', ...args], without)
  expect(auditor).toMatchObject({ code: 0 })
  expect(JSON.parse(auditor.out.join(''))).toMatchObject({ anchors: 1, refusedAnchors: [], findings: [] })
})

test('what a receiver of syslog has written is compared as well', async () => {
  const folder = join(directory, 'anchors')
  const [day = ''] = await readdir(folder)
  const [name = ''] = await readdir(join(folder, day))
  const anchor = (await readFile(join(folder, day, name), 'utf8')).trim()
  const log = join(directory, 'audit.log')
  const prefix = '2026-11-30T09:00:00+00:00 web1 holdfast'
  await writeFile(log, `${prefix}[7]: another line\n${prefix}[7]: ${anchor}\n`)
  const verify = () => runCaptured(['audit', 'verify', '--anchors', log, '--json'], env)
  const good = await verify()
  expect(good.code).toBe(0)
  expect(JSON.parse(good.out.join(''))).toMatchObject({ anchors: 1, refusedAnchors: [], findings: [] })
  await writeFile(log, `${prefix}[7]: ${anchor.replace('no', 'on')}\n`)
  const changed = await verify()
  expect(changed.code).toBe(1)
  expect(JSON.parse(changed.out.join('')).refusedAnchors).toMatchObject([{ place: 'line 1' }])
})

test('the documented rights are what an auditor’s login needs, and one without them is told so', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../../docs/operations/security-log.md'), 'utf8')
  const name = `auditor_${randomBytes(6).toString('hex')}`
  const [, sql = ''] = /```sql\n(create role auditor[^`]*)```/.exec(page) ?? []
  const url = new URL(database.ownerUrl)
  const here = sql.replaceAll(/\bauditor\b/g, name).replace('database holdfast', `database "${url.pathname.slice(1)}"`)
  const statements = here.split('\n').filter((line) => line !== '')
  expect(statements).toHaveLength(4)
  url.username = name
  url.password = 'auditing'
  const verify = () => runCaptured(['audit', 'verify'], { DATABASE_URL: url.href })
  await database.owner.query(`${statements.slice(0, 3).join('')}; alter role ${name} password 'auditing'`)
  const denied = await verify()
  expect(denied.err.join('\n')).toContain('may not read the database: permission denied for table migration')
  await database.owner.query(statements[3] ?? '')
  expect(await verify()).toMatchObject({ code: 0 })
  await database.owner.query(`drop owned by ${name}; drop role ${name}`)
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
  const noFile = await runCaptured(['audit', 'verify', ...anchors, '--key', join(directory, 'nowhere.pem')], env)
  expect(noFile).toMatchObject({ code: 2 })
  expect(noFile.err.join('\n')).toMatch(/--key .*nowhere.pem cannot be read: there is no file/)
  expect(noFile.err.join('\n')).not.toContain('PEM')
  const { publicKey } = generateKeyPairSync('ed25519')
  await writeFile(join(directory, 'other.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
  const other = await runCaptured(['audit', 'verify', ...anchors, '--key', join(directory, 'other.pem')], env)
  expect(other.err.join('\n')).toMatch(
    /no anchor of 1 was signed with the key of .*other.pem, which says nothing of them/,
  )
  expect(other.code).not.toBe(0)
  const nowhere = await runCaptured(['audit', 'verify', '--anchors', join(directory, 'nowhere')], env)
  expect(nowhere.err.join('\n')).toContain(`there are no anchors in ${join(directory, 'nowhere')}`)
})

test('a directory without a database is named, and gets none', async () => {
  const data = join(directory, 'typo')
  for (const command of ['verify', 'key']) {
    const { code, err } = await runCaptured(['audit', command], { HOLDFAST_DATA: data })
    expect({ command, code, err }).toEqual({
      command,
      code: 2,
      err: [expect.stringContaining(`there is no database in ${data} (HOLDFAST_DATA)`)],
    })
  }
  expect(existsSync(data)).toBe(false)
})

test('where a restore was interrupted, no command says that there is no database', async () => {
  const data = join(directory, 'restoring')
  await mkdir(join(data, 'postgres.restoring-0000'), { recursive: true })
  for (const command of [['verify'], ['audit', 'verify'], ['backup', '--to', join(directory, 'copies')]]) {
    const { code, err } = await runCaptured(command, { HOLDFAST_DATA: data })
    expect({ command, code, err }).toEqual({ command, code: 1, err: [expect.stringContaining('was interrupted')] })
  }
  expect(await readdir(data)).toEqual(['postgres.restoring-0000'])
})
