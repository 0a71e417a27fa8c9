import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { sealAuditEvents, verifyAudit } from '@holdfast/engine'
import { aClinic, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { type AnchorPlace, bySyslog } from './anchor-places.ts'
import { anchorAuditEvents, anchorKey, readAnchorLines } from './audit-anchors.ts'

const key = anchorKey('s'.repeat(32))
const longAgo = new Date(0)

async function addEvents({ ownerPool, appPool }: TestDatabase, clinicNos: readonly number[]): Promise<void> {
  await ownerPool.query(
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
     select no, now(), 'denied', 1, 'nobody', '{}' from unnest($1::integer[]) no`,
    [clinicNos],
  )
  await sealAuditEvents(appPool)
}

/** A receiver of syslog by TCP, which writes each message into a line, with a prefix as receivers do. */
async function aReceiver() {
  const lines: string[] = []
  const server = createServer((socket) => void write(socket, lines))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { lines, place: bySyslog({ protocol: 'tcp', host: '127.0.0.1', port }, key) }
}

async function write(socket: Socket, lines: string[]): Promise<void> {
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) text += chunk
  for (let at = 0; at < text.length; ) {
    const [frame = '', length = ''] = /^(\d+) /.exec(text.slice(at)) ?? []
    const end = at + frame.length + Number(length)
    lines.push(`2026-11-30T21:00:00+00:00 host holdfast[1]: ${text.slice(at + frame.length, end)}`)
    at = end
  }
}

async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}

test('the ends go to a receiver of syslog in short messages, from which the log is verified', async ({ database }) => {
  const clinics = []
  for (let n = 0; n < 20; n += 1) clinics.push(await aClinic(database))
  const clinicNos = clinics.map(({ no }) => no)
  await addEvents(database, clinicNos)
  const { lines, place } = await aReceiver()
  expect(await anchorAuditEvents(database.appPool, [place])).toBe(20)
  expect(await anchorAuditEvents(database.appPool, [place])).toBe(0)
  expect(lines).toHaveLength(3)
  // What receivers take at least (RFC 5424, 6.1).
  for (const line of lines) expect(line.length).toBeLessThan(2_048)
  const read = await readAnchorLines(linesOf(['another line', ...lines]), [key.publicKey], longAgo)
  expect(read).toMatchObject({ anchors: 3, refused: [] })
  const verify = () => verifyAudit([database.ownerPool], { anchored: read.anchored, since: longAgo, months: 12 })
  expect((await verify()).findings).toEqual([])
  // The control: the owner removes a chain, with its end.
  await database.ownerPool.query(`with gone as (delete from holdfast.audit_event where clinic_no = ${clinicNos[0]})
      delete from holdfast.audit_chain where clinic_no = ${clinicNos[0]}`)
  expect((await verify()).findings).toMatchObject([{ kind: 'missing', clinicNo: clinicNos[0] }])
})

test('a place that fails keeps nothing from the others, which get the same ends once', async ({ database, clinic }) => {
  await addEvents(database, [clinic.no])
  const { lines, place } = await aReceiver()
  let isFull = true
  const stored: string[] = []
  const other: AnchorPlace = async (heads) => {
    if (isFull) throw new Error('full')
    stored.push(...heads.map(({ no }) => no))
  }
  for (const _ of [1, 2]) await expect(anchorAuditEvents(database.appPool, [other, place])).rejects.toThrow('full')
  expect(lines).toHaveLength(1)
  isFull = false
  expect(await anchorAuditEvents(database.appPool, [other, place])).toBe(1)
  expect([lines.length, stored]).toEqual([1, ['1']])
  await addEvents(database, [clinic.no])
  expect(await anchorAuditEvents(database.appPool, [other, place])).toBe(1)
  expect([lines.length, stored]).toEqual([2, ['1', '2']])
})
