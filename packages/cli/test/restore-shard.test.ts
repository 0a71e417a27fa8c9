// Drill: a shard that is restored
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { clinicNoIn } from '@holdfast/engine'
import { call, signIn } from '@holdfast/server/test/running-server'
import { createTestCluster, until } from '@holdfast/testkit'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import { expect, onTestFinished, test } from 'vitest'
import { documentedCommands } from '../../../test/deploy/documented-commands.ts'
import { installCommand } from '../../../test/deploy/installed-command.ts'
import { createEmptyInstallation } from './empty-installation.ts'
import { mainPath, spawnHoldfast, spawnServer } from './spawn-holdfast.ts'
import { syntheticAppointments } from './synthetic-appointments.ts'

const login = { email: 'boss@example.org', password: 'a long enough password' }
const admin = { HOLDFAST_ADMIN_EMAIL: login.email, HOLDFAST_ADMIN_PASSWORD: login.password }
const passphrase = 'correct horse'
const pauseMs = 50
/** Two or three of them come into each database. */
const units = Array.from({ length: 8 }, (_, n) => ({ name: `UNIT ${n}`, appointmentsByDay: [3 + n, 12] }))

async function command(args: string[], settings: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await spawnHoldfast(args, settings).ended
  expect(code, `${args[0]}: ${stdout} ${stderr}`).toBe(0)
  return stdout
}

/** Runs the commands of docs/operations/shards.md that restore a database, with the settings of the directory. */
async function followPage(
  settings: Record<string, string>,
  { directory, place, restored, url }: Record<'directory' | 'place' | 'restored' | 'url', string>,
): Promise<void> {
  const found = documentedCommands('shards.md').filter((script) => script.includes('holdfast restore'))
  expect(found).toHaveLength(1)
  const urlFile = join(directory, 'north-url')
  await writeFile(urlFile, `${url}\n`)
  const changed = [
    ['PLACE', place],
    ['/var/lib/holdfast/north', restored],
    ['/root/north-url', urlFile],
  ] as const
  const script = changed.reduce((text, [from, to]) => text.replaceAll(from, to), found.join(''))
  const programs = installCommand(directory, {
    settings: Object.entries(settings)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
    // Without what takes the place of `id`.
    program: `PATH="\${PATH#*:}" exec ${process.execPath} ${mainPath} "$@"`,
  })
  await promisify(execFile)('sh', ['-c', `set -eu\n${script}`], {
    env: { ...process.env, PATH: `${programs}:${process.env.PATH}` },
  })
}

/** Three databases, of which `north` is on a separate PostgreSQL server. */
async function openStage() {
  const directory = await mkdtemp(join(tmpdir(), 'hf-restore-shard-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }))
  const databases = await Promise.all([createEmptyInstallation(), createEmptyInstallation(), createEmptyInstallation()])
  const [first, south, again] = databases
  onTestFinished(() => Promise.all(databases.map((one) => one.drop())).then(() => undefined))
  const north = await createTestCluster()
  onTestFinished(() => north.end())
  const settings = (northUrl: string) => ({
    DATABASE_URL: first.ownerUrl,
    HOLDFAST_SHARDS: `north=${northUrl},south=${south.ownerUrl}`,
    HOLDFAST_SECRET: 'a-secret-of-the-tests-that-is-long-enough',
    HOLDFAST_RATE_LIMIT: 'off',
    ...admin,
  })
  const names = [{ name: 'directory' }, { name: 'north' }, { name: 'south' }]
  return { directory, first, north, again, settings, names }
}

type Server = Awaited<ReturnType<typeof spawnServer>>

async function startServer(settings: Record<string, string>): Promise<Server> {
  const server = await spawnServer(settings)
  onTestFinished(() => void server.child.kill('SIGKILL'))
  return server
}

/** A clinic that can be booked a thousand times. Its calls go to the server that `at` names. */
async function createClinic(at: { url: string; bearer: string }) {
  const send = async (method: string, path: string, body?: object, headers = {}) =>
    call(`${at.url}/api/v1/${path}`, { method, bearer: at.bearer, headers, ...(body === undefined ? {} : { body }) })
  const clinic = String((await send('POST', 'clinics', { name: 'Clinic', timezone: 'UTC' })).body.id)
  const doctor = { clinicId: clinic, name: 'Dr. One', specialization: 'Cardiology' }
  const doctorId = String((await send('POST', 'doctors', doctor)).body.id)
  const day = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10)
  const slots = [{ startsAt: `${day}T09:00:00Z`, endsAt: `${day}T09:30:00Z`, capacity: 1_000 }]
  const created = await send('POST', `doctors/${doctorId}/slots`, { slots })
  const listPath = `doctors/${doctorId}/slots?from=${day}&to=${day}`
  const position = { 'holdfast-position': created.headers.get('holdfast-position') ?? '' }
  const [slot] = (await send('GET', listPath, undefined, position)).body.items as { id: string }[]
  const booking = { slotId: slot?.id, confirm: true, patient: { name: 'Ada' } }
  return {
    id: clinic,
    read: () => send('GET', listPath),
    desk: () => send('GET', `clinics/${clinic}/bookings`),
    book: () => send('POST', 'bookings', booking, { 'idempotency-key': randomUUID() }),
  }
}

type Clinic = Awaited<ReturnType<typeof createClinic>>

/** Clients that book in these clinics and read them, one in each, until `stop`. */
function useClinics(clinics: readonly Clinic[]) {
  const [booked, failed] = [[] as string[], [] as string[]]
  const turns = clinics.map(() => 0)
  let isStopped = false
  const clients = clinics.map(async ({ read, desk, book }, index) => {
    while (!isStopped) {
      for (const request of [book, read, desk]) {
        const { status, body, text } = await request().catch((error) => ({ status: 0, body: {}, text: String(error) }))
        const isStale = 'stale' in body
        if (status >= 300 || status === 0 || isStale) failed.push(`${request.name}: ${status} ${text.slice(0, 200)}`)
        if (status === 201 && 'id' in body) booked.push(String(body.id))
      }
      turns[index] = (turns[index] ?? 0) + 1
      await delay(pauseMs)
    }
  })
  return {
    booked,
    failed,
    /** Until each client has sent all its requests again, and has their responses. */
    async turn() {
      const before = [...turns]
      await until(
        async () => turns.every((count, index) => count > (before[index] ?? 0) + 1),
        'the next requests of all clients',
      )
    },
    async stop() {
      isStopped = true
      await Promise.all(clients)
    },
  }
}

test('a database of several is lost and restored, and clients of the others see no failed request', {
  timeout: 600_000,
}, async () => {
  const { directory, first, north, again, settings, names } = await openStage()
  const before = settings(north.ownerUrl)
  await command(['migrate'], before)
  const server = await startServer(before)
  const at = { url: server.url, bearer: await signIn(server.url, login) }
  const clinicOf = new Map<number, Clinic>()
  while (clinicOf.size < names.length) {
    const clinic = await createClinic(at)
    const placed = await first.owner.query('select shard_no as no from holdfast.clinic_shard where clinic_no = $1', [
      clinicNoIn(clinic.id),
    ])
    clinicOf.set(placed.rows[0].no, clinic)
  }
  const file = join(directory, 'appointments.csv')
  await writeFile(file, syntheticAppointments(units))
  const replay = async () =>
    JSON.parse(await command(['replay', 'appointments', file, '--json', '--url', at.url], admin))
  const replayed = await replay()
  // Under load a row may find no place: the server had no time to look for another one.
  expect(replayed).toMatchObject({ failed: 0, verify: { overbooked: 0, mismatches: 0 } })
  const [inNorth, ...others] = [1, 0, 2].flatMap((no) => clinicOf.get(no) ?? [])
  if (inNorth === undefined) throw new Error('There is no clinic in north.')

  const clients = useClinics(others)
  const ofNorth = useClinics([inNorth])
  const place = join(directory, 'backups')
  await prepareBackupKey(place, passphrase)
  const keys = { HOLDFAST_BACKUP_PASSPHRASE: passphrase }
  await ofNorth.turn()
  const bookedBefore = [...ofNorth.booked]
  await command(['backup', '--shard', 'north', '--to', place], { ...before, ...keys })
  await ofNorth.stop()
  expect(ofNorth.failed).toEqual([])
  const lost = await inNorth.book()
  expect([lost.status, bookedBefore.length > 0]).toEqual([201, true])

  await north.stop()
  const restored = join(directory, 'restored')
  const ofInstallation = { ...before, ...keys, HOLDFAST_DATA: join(directory, 'none') }
  await followPage(ofInstallation, { directory, place, restored, url: again.ownerUrl })
  expect((await inNorth.book()).status).toBe(503)
  const after = settings(again.ownerUrl)
  const next = await startServer(after)
  at.url = next.url
  // What was sent to the former server has its response.
  await clients.turn()
  server.child.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)

  expect((await inNorth.book()).status).toBe(201)
  await clients.turn()
  await clients.stop()
  expect(clients.failed).toEqual([])
  expect(clients.booked.length).toBeGreaterThan(20)
  const stored = async (ids: readonly string[]) =>
    (await again.owner.query('select from holdfast.booking where id = any ($1)', [ids])).rowCount
  expect(await stored(bookedBefore)).toBe(bookedBefore.length)
  expect(await stored([String(lost.body.id)])).toBe(0)
  await command(['verify'], after)
  const { misplaced, moving, shards } = JSON.parse(await command(['shards', '--json'], after))
  expect({ misplaced, moving, shards }).toMatchObject({ misplaced: [], moving: [], shards: names })
  // The same appointments, with their keys: all of them are there, in the database that was restored, too.
  expect(await replay()).toMatchObject({ replayed: replayed.confirmed, failed: 0 })
})
