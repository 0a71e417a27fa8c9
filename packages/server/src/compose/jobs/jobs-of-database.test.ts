import { randomUUID } from 'node:crypto'
import { createEngine, inShard, storeAccountMail } from '@holdfast/engine'
import { dropForeignKeysToOwnRows } from '@holdfast/engine/drop-foreign-keys'
import { writeShardSchema } from '@holdfast/engine/write-shard-schema'
import {
  aBooking,
  aClinic,
  aDoctor,
  anAccount,
  aSlot,
  aWaitlistEntry,
  lapseHolds,
  mailServer,
  type TestDatabase,
  takenOf,
  until,
  webhookReceiver,
} from '@holdfast/testkit'
import { freshDatabaseTest as base } from '@holdfast/testkit/database-test'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'
import { expect } from 'vitest'
import { settingsFor } from '../../../test/running-server.ts'
import { migrateAccounts } from '../../accounts/accounts-schema.ts'
import { dropJobs, jobsSchemaOf, migrateJobs } from '../../jobs/jobs-schema.ts'
import { settingsAtStart } from '../../lifecycle/settings-at-start.ts'
import { createAccountMails, noticeHours, sealedAccountMails } from '../../messages/account-mails/account-mails.ts'
import { mailTexts } from '../../messages/rendering/render-mail.ts'
import { createLogger } from '../../observe/logger.ts'
import { createSealedTexts } from '../../secrets/sealed-texts.ts'
import { openJobPools } from '../pools/job-pools.ts'
import { processRequestsOfShard } from './account-mails.ts'
import { openJobServices, startJobsOf } from './jobs-of-database.ts'
import { openMailer } from './message-sender.ts'

// The horizon belongs to the whole server: an open transaction of another test file delays the relay.
const arrivesWithinMs = 45_000
const schema = 'holdfast_tested'
const secrets = ['a secret of the tests that is long enough']
const log = createLogger('silent')

/** A database with a shard over its own tables. What it cannot do in the shard, a statement says. */
const test = base.extend('cleanup', async ({ database }, { onCleanup }) => {
  await migrateAccounts(database.ownerUrl)
  await migrateJobs(database.ownerUrl)
  await dropForeignKeysToOwnRows(database.ownerPool)
  await writeShardSchema({ ownerUrl: database.ownerUrl, schema })
  await migrateJobs(inShard(database.ownerUrl, schema))
  const cleanup = new AsyncDisposableStack()
  onCleanup(() => cleanup.disposeAsync())
  return cleanup
})

/** What the jobs of a process use. `accounts`: by default, the coordinator. */
async function aProcess(
  database: TestDatabase,
  cleanup: AsyncDisposableStack,
  accountsOf: 'coordinator' | 'shard' = 'coordinator',
) {
  const smtp = await mailServer()
  const env = { ...settingsFor(database), SMTP_URL: smtp.url, HOLDFAST_WEBHOOK_PRIVATE: 'on' }
  const config = settingsAtStart(env, () => undefined)
  const urls = {
    coordinator: { appUrl: database.appUrl, sessionUrl: database.sessionUrl },
    shard: { appUrl: inShard(database.appUrl, schema), sessionUrl: inShard(database.sessionUrl, schema) },
  }
  const pools = {
    coordinator: openJobPools(urls.coordinator, () => undefined),
    shard: openJobPools(urls.shard, () => undefined),
  }
  const opened = openMailer(config)
  const services = openJobServices(config, { secrets, accounts: pools[accountsOf].messages, opened, log })
  const jobs: { stop(): Promise<void> }[] = []
  cleanup.defer(async () => {
    await services.stop(jobs)
    opened.mailer?.close()
    await Promise.all(Object.values(pools).flatMap((all) => Object.values(all).map((pool) => pool.close(5_000))))
    await smtp.end()
  })
  const mails = createAccountMails({ secrets, pool: pools.shard.messages, isAvailable: true })
  return {
    smtp,
    pools,
    mails,
    async startShard() {
      const ofShard = { ...urls.shard, pools: pools.shard }
      jobs.push(await startJobsOf(services, { parts: ['shard'], shard: schema, ...ofShard }))
      await eventually('the log to be followed', async () => {
        const { rowCount } = await database.ownerPool.query(
          `select from ${schema}.log_receiver where name in ('email', 'webhooks') and holder is not null`,
        )
        return rowCount === 2
      })
    },
    async startCoordinator() {
      const ofCoordinator = { ...urls.coordinator, pools: pools.coordinator }
      jobs.push(await startJobsOf(services, { parts: ['coordinator'], shard: null, ...ofCoordinator }))
    },
  }
}

const eventually = (what: string, isSo: () => boolean | Promise<boolean>) =>
  until(
    async () => ((await isSo()) ? true : undefined),
    () => what,
    arrivesWithinMs,
  )

const aClinicsSlot = async (database: TestDatabase) =>
  aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 5 })

/** Somebody who has proven their address, and wants messages in German. */
async function aGermanReader(database: TestDatabase) {
  const account = await anAccount(database, { name: 'Ada' })
  await database.ownerPool.query('update auth."user" set "emailVerified" = true where id = $1', [account.id])
  await database.ownerPool.query(
    `insert into holdfast.message_choice (account_id, reminder_emails, sms_kinds_off, language)
     values ($1, true, '{}', 'de')`,
    [account.id],
  )
  return account
}

async function scheduled({ ownerPool }: TestDatabase, jobsSchema: string): Promise<string[]> {
  const { rows } = await ownerPool.query<{ identifier: string }>(
    `select identifier from ${jobsSchema}._private_known_crontabs order by identifier`,
  )
  return rows.map(({ identifier }) => identifier)
}

test('in a shard, the jobs of its clinics run, with what accounts have chosen on the coordinator', async ({
  database,
  cleanup,
}) => {
  const { smtp, pools, mails, startShard } = await aProcess(database, cleanup)
  const receiver = await webhookReceiver()
  cleanup.defer(() => receiver.end())
  const slot = await aClinicsSlot(database)
  const engine = createEngine({ batchPool: pools.shard.jobs, generalPool: pools.shard.jobs })
  cleanup.defer(() => engine.stop())
  const sealedSecret = await createSealedTexts(secrets, 'webhook').seal('whsec_c2VjcmV0')
  const webhook = { clinicNo: slot.clinicNo, url: receiver.url, events: ['booking.confirmed'], sealedSecret } as const
  expect((await engine.webhooks.create(webhook, null)).kind).toBe('done')
  await startShard()

  const reader = await aGermanReader(database)
  const booking = await aBooking(database, slot, { patient: { name: 'Ada', email: reader.email } })
  await eventually('the e-mail about the booking', () => smtp.mails.length === 1)
  expect(smtp.mails[0]?.text).toContain(mailTexts.de.openTicket)
  await eventually('the delivery to the webhook', () => receiver.received.length === 1)
  expect(receiver.received[0]?.body).toContain(booking.id)

  await aBooking(database, slot, { status: 'PENDING' })
  await lapseHolds(database, slot)
  expect(await takenOf(database, slot)).toEqual([2])
  await pools.shard.jobs.query(`select ${jobsSchemaOf(inShard(database.appUrl, schema))}.add_job('sweep')`)
  await eventually('the hold to expire', async () => (await takenOf(database, slot))[0] === 1)

  const to = { address: 'admin@example.org', language: 'en', clinicNo: null } as const
  const context = { clinicName: 'Hill', host: 'hooks.example.org', isGone: true, url: 'https://book.example.org' }
  await mails.store(pools.shard.messages, { kind: 'webhook_paused', to, context }, noticeHours)
  await eventually('the e-mail that the shard has stored', () => smtp.mails.length === 2)
  expect(await scheduled(database, 'graphile_worker_tested')).toHaveLength(8)
  expect(await scheduled(database, 'graphile_worker')).toEqual([])
})

test('the choices of accounts are nowhere but on the coordinator: looked up in the shard, no e-mail is sent', async ({
  database,
  cleanup,
}) => {
  const { smtp, startShard } = await aProcess(database, cleanup, 'shard')
  const slot = await aClinicsSlot(database)
  await startShard()
  const reader = await aGermanReader(database)
  await aBooking(database, slot, { patient: { name: 'Ada', email: reader.email } })
  await eventually('an attempt', async () => {
    const { rowCount } = await database.ownerPool.query(
      `select from holdfast.message where state = 'due' and attempts = 1 and attempt_until is null`,
    )
    return rowCount === 1
  })
  expect(smtp.mails).toEqual([])
})

test('requests of patients are processed in the shard of their clinic, and those of accounts are not', async ({
  database,
  cleanup,
}) => {
  const { smtp, pools, mails, startShard } = await aProcess(database, cleanup)
  const engine = createEngine({ batchPool: pools.shard.jobs, generalPool: pools.shard.jobs })
  cleanup.defer(() => engine.stop())
  const general = pools.shard.messages
  const processing = processRequestsOfShard({ pools: { general }, secrets, mails, engine, log })
  cleanup.defer(async () => void (await Promise.all(processing.map((one) => one.stop()))))
  const clinic = await aClinic(database)
  const email = 'iris@example.org'
  await aWaitlistEntry(database, await aDoctor(database, clinic), { patient: { name: 'Iris', email } })
  await startShard()
  await mails.request('entry_link_request', { clinicId: clinic.id, email, language: null })
  await eventually('the link to the entry', () => smtp.mails.length === 1)
  expect(smtp.mails[0]?.recipients).toEqual([email])
  await mails.request('password_reset_request', { email, language: 'en', network: null })
  await eventually('an attempt', async () => {
    const { rows } = await database.ownerPool.query(`select kind, attempts, attempt_until from ${schema}.account_mail`)
    return rows.length === 1 && rows[0].attempts === 1 && rows[0].attempt_until === null
  })
  expect(smtp.mails).toHaveLength(1)
})

test('the jobs of the coordinator are those of accounts, and leave the clinics to the shards', async ({
  database,
  cleanup,
}) => {
  const { smtp, startCoordinator } = await aProcess(database, cleanup)
  const { ownerPool } = database
  const { id } = await anAccount(database, { name: 'Grace' })
  await ownerPool.query(
    `insert into auth.session ("expiresAt", token, "createdAt", "updatedAt", "userId")
     values (now() - interval '1 s', 'ended', now(), now(), $1), (now() + interval '1 h', 'live', now(), now(), $1)`,
    [id],
  )
  await ownerPool.query(
    `insert into holdfast.answer (key, request_hash, body, created_at)
     select gen_random_uuid(), gen_random_uuid(), '{}', now() - hours * interval '1 hour'
       from unnest(array[25, 23]) hours`,
  )
  const slot = await aClinicsSlot(database)
  await aBooking(database, slot, { status: 'PENDING' })
  await lapseHolds(database, slot)
  const mail = {
    kind: 'webhook_paused',
    to: { address: 'admin@example.org', language: 'en', clinicNo: null },
    context: { clinicName: 'Hill', host: 'hooks.example.org', isGone: true, url: 'https://book.example.org' },
  }
  const sealed = await sealedAccountMails(secrets).seal(JSON.stringify(mail))
  const stored = { kind: mail.kind, isRequest: false, bookingId: null, validHours: 1, sealed }
  await storeAccountMail(database.appPool, stored)
  await startCoordinator()
  await eventually('the e-mail that the coordinator has stored', () => smtp.mails.length === 1)
  const left = async () => {
    const { rows } = await ownerPool.query(`
      select (select array_agg(token) from auth.session) as sessions, (select count(*)::int from holdfast.answer) as n`)
    return rows[0]
  }
  await eventually('the purge', async () => (await left()).n === 1)
  expect(await left()).toEqual({ sessions: ['live'], n: 1 })
  await eventually('the schedule', async () => (await scheduled(database, 'graphile_worker')).length > 0)
  expect(await scheduled(database, 'graphile_worker')).toEqual(['partitions', 'retention'])
  expect(await takenOf(database, slot)).toEqual([1])
})

test('the queue of a new shard does not end the workers of the other queues of its node', async ({
  database,
  cleanup,
}) => {
  const listener = new pg.Client({ connectionString: database.ownerUrl })
  await listener.connect()
  listener.on('error', () => undefined)
  cleanup.defer(() => listener.end())
  const told: string[] = []
  listener.on('notification', ({ payload }) => told.push(payload ?? ''))
  await listener.query('listen "worker:migrate"')
  const other = inShard(database.ownerUrl, `${schema}_2`)
  await migrateJobs(other)
  await listener.query('select')
  expect(told).toEqual([])
  await migrateJobs(other)
  expect(await scheduled(database, jobsSchemaOf(other))).toEqual([])
  await dropJobs(other)
  await dropJobs(other)
  await expect(scheduled(database, jobsSchemaOf(other))).rejects.toThrow('does not exist')
  // Without this care, workers would end.
  const planted = `planted_${randomUUID().slice(0, 8)}`
  await runMigrations({ pgPool: database.ownerPool, schema: planted })
  await listener.query('select')
  expect(told.some((payload) => JSON.parse(payload).breaking === true)).toBe(true)
})

test('the queue of a database is never dropped', async ({ database }) => {
  await expect(dropJobs(database.ownerUrl)).rejects.toThrow('is not dropped')
})
