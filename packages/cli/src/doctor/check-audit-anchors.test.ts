import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkAuditAnchors, checkAuditSyslog } from './check-audit-anchors.ts'

let directory: string
const now = new Date('2026-03-02T09:30:00Z')
const some = async () => true
const none = async () => false

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-anchors-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const check = (place: string | null, isWaiting = none, s3Url: string | null = null) =>
  checkAuditAnchors({ auditAnchors: place, s3Url }, isWaiting, now)

async function anchorAt(place: string, ...names: string[]): Promise<string> {
  for (const one of names) {
    await mkdir(join(place, one, '..'), { recursive: true })
    await writeFile(join(place, one), '{}')
  }
  return place
}

test('without a place for anchors, nothing is checked', async () => {
  expect(await check(null)).toEqual([])
})

test('a directory that is a file is an error, with the setting', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  expect(await check(file)).toMatchObject([
    { state: 'error', found: `${file} is not a directory`, fix: expect.stringContaining('HOLDFAST_AUDIT_ANCHORS') },
  ])
})

test('a bucket that cannot be read is an error, without its credentials', async () => {
  const secret = 'a-secret'
  const s3Url = `http://KEY:${secret}@127.0.0.1:1?region=none`
  const [found] = await check('s3://other/anchors', none, s3Url)
  expect(found).toMatchObject({ state: 'error', fix: expect.stringContaining('S3_URL') })
  expect(JSON.stringify(found)).not.toContain(secret)
})

test('the last anchor is named, and it is late only if there are later ends', async () => {
  const names = ['2026-03-01/235900-0123456789ab.json', '2026-03-02/091400-0123456789ab.json', '2026-03-02/other.txt']
  const place = await anchorAt(join(directory, 'anchors'), ...names)
  const found = `${place} has the ends until 2026-03-02T09:14:00Z`
  expect(await check(place, none)).toMatchObject([{ state: 'ok', found }])
  expect(await check(place, some)).toMatchObject([
    { state: 'warning', found: `${found}, and there are later ones`, fix: expect.stringContaining('security-log') },
  ])
  await anchorAt(place, '2026-03-02/091500-0123456789ab.json')
  expect(await check(place, some)).toMatchObject([{ state: 'ok' }])
})

test('a place without anchors is a warning once there are ends', async () => {
  const place = join(directory, 'empty')
  expect(await check(place, none)).toMatchObject([{ state: 'ok' }])
  expect(await check(place, some)).toMatchObject([{ state: 'warning' }])
})

test('a receiver of syslog messages is connected to, and gets none', async () => {
  expect(await checkAuditSyslog(null)).toEqual([])
  const received: unknown[] = []
  const receiver = createServer((socket) => socket.on('data', (bytes) => received.push(bytes)))
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const server = { protocol: 'tcp', host: '127.0.0.1', port: (receiver.address() as AddressInfo).port } as const
  expect(await checkAuditSyslog(server)).toMatchObject([{ state: 'ok', found: expect.stringContaining('answers') }])
  receiver.close()
  await once(receiver, 'close')
  expect(received).toEqual([])
  expect(await checkAuditSyslog(server)).toMatchObject([
    { state: 'error', fix: expect.stringContaining('HOLDFAST_AUDIT_SYSLOG') },
  ])
  expect(await checkAuditSyslog({ ...server, protocol: 'udp' })).toMatchObject([
    { state: 'ok', found: expect.stringContaining('UDP') },
  ])
})
