import { randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { createPool, ensurePartitions } from '@holdfast/engine'
import { distributeDatabase } from '@holdfast/engine/distribute-database'
import { dropFormerSchemas } from '@holdfast/engine/drop-former-schemas'
import type { WrittenShard } from '@holdfast/engine/write-shard-schemas'
import { type AccountMails, createAccountMails } from '@holdfast/server/account-mails'
import { openDatabase } from '@holdfast/server/compose'
import { readConfig } from '@holdfast/server/config'
import { openJobPools } from '@holdfast/server/job-pools'
import { type JobServices, openJobServices, startJobsOf } from '@holdfast/server/jobs-of-database'
import { dropFormerQueues, jobsSchemaOf } from '@holdfast/server/jobs-schema'
import { createLogger } from '@holdfast/server/logger'
import { openMailer } from '@holdfast/server/message-sender'
import { createSealedTexts } from '@holdfast/server/sealed-texts'
import {
  aClaim,
  aClinic,
  aDoctor,
  anAccount,
  aSlot,
  aWaitlistEntry,
  type BuiltSlot,
  lapseHolds,
  type MailServer,
  mailServer,
  type ReceivedMail,
  takenOf,
  type WebhookReceiver,
  webhookReceiver,
} from '@holdfast/testkit'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { clinicNosOfShards } from './fill-for-citus.ts'
import { cleanUp, movePlacement } from './move-shards.ts'
import { queuesOnOtherNodes } from './queues-elsewhere.ts'
import { eventually, type ShardWithJobs, startShard } from './shards-with-jobs.ts'
import { writtenShards } from './written-shards.ts'

export type JobsResult = {
  shards: number
  nodes: number
  /** Confirmed by patients who want messages in German, before and after the move of a shard. */
  bookings: number
  /** E-mails about them, of which so many are in German, and so many came more than once. */
  mails: { arrived: number; german: number; repeated: number }
  /** What was delivered to the webhooks of their clinics, without repetitions. */
  delivered: number
  /** Holds that lapsed, one in each shard, before and after the move; and how many expired. */
  holds: { lapsed: number; expired: number }
  /** E-mails that the shards and the coordinator had stored, and how many of them arrived. */
  stored: { mails: number; arrived: number }
  /** Partitions that the coordinator created later, and a shard. */
  partitions: { byCoordinator: number; byShard: number }
  /** Queues on another node than that of their shard. */
  queuesElsewhere: string[]
  /** Jobs that failed, and other warnings of the log. */
  failures: string[]
}

/** In each shard, before the move and after it. */
const bookingsAtOnce = 20
const bookedDomain = 'booked.example.org'
const isOfBooking = ({ recipients }: ReceivedMail) => recipients[0]?.endsWith(bookedDomain) === true

type Options = { url: string; say: (line: string) => void }
type Clinic = { slot: BuiltSlot; entryId: string; accountId: string }

const secrets = ['a secret of the drill that is long enough']

/** Runs the jobs of all shards side by side, those of the coordinator beside them, and moves a shard. */
export async function runJobsDrill(options: Options): Promise<JobsResult> {
  const ending = new AsyncDisposableStack()
  try {
    return await runJobs(options, ending)
  } finally {
    await ending.disposeAsync()
  }
}

async function runJobs({ url, say }: Options, ending: AsyncDisposableStack): Promise<JobsResult> {
  const [smtp, receiver] = [await mailServer(), await webhookReceiver()]
  ending.defer(() => smtp.end())
  ending.defer(() => receiver.end())
  const coordinator = createPool({ url, max: 4, name: 'holdfast drill' })
  ending.defer(() => coordinator.close(5_000))
  const { config, appUrl, sessionUrl } = await migrated(url, smtp)
  const clinics = await aClinicOfEachShard(coordinator)
  const { written: shards } = await distributeDatabase(url)
  say(`${shards.length} shards on ${new Set(shards.map(({ ownerUrl }) => ownerUrl)).size} nodes`)

  const failures: string[] = []
  const log = createLogger('warn', linesTo(failures))
  const pools = openJobPools({ appUrl, sessionUrl }, () => undefined)
  ending.defer(async () => void (await Promise.all(Object.values(pools).map((pool) => pool.close(5_000)))))
  const opened = openMailer(config)
  const services = openJobServices(config, { secrets, accounts: pools.messages, opened, log })
  ending.defer(() => services.stop([]))
  const database = { parts: ['coordinator'] as const, shard: null, sessionUrl, pools }
  const ofCoordinator = await startJobsOf(services, database)
  ending.defer(() => ofCoordinator.stop())
  const running = new Map<string, ShardWithJobs>()
  ending.defer(async () => void (await Promise.all([...running.values()].map((shard) => shard.stop()))))
  for (const shard of shards) running.set(shard.schema, await startShard(services, shard, appUrl))
  say('the jobs of all shards run')

  const run = new Run({ coordinator, clinics, running, smtp, receiver })
  await run.addWebhooks()
  await run.book(bookingsAtOnce)
  await run.lapse()
  await run.storeMails(createAccountMails({ secrets, pool: coordinator, isAvailable: true }))
  const [first] = shards
  if (first === undefined) throw new Error('There is no shard.')
  await moveShard({ url, appUrl, services, running, shard: first })
  say(`${first.schema} moved`)
  await run.book(bookingsAtOnce)
  await run.lapse()
  const queuesElsewhere = await queuesOnOtherNodes(
    coordinator,
    Array.from(running.values(), ({ ownerUrl }) => `${new URL(ownerUrl).port} ${jobsSchemaOf(ownerUrl)}`),
  )
  const partitions = {
    byCoordinator: (await ensurePartitions(pools.jobs, 6)).length,
    byShard: (await ensurePartitions([...running.values()][0]?.pools.jobs ?? pools.jobs, 6)).length,
  }
  return { ...run.result(), shards: running.size, nodes: 2, partitions, queuesElsewhere, failures }
}

async function migrated(url: string, smtp: MailServer) {
  const env = { DATABASE_URL: url, SMTP_URL: smtp.url, HOLDFAST_WEBHOOK_PRIVATE: 'on', HOLDFAST_SECRET: secrets[0] }
  const read = readConfig(env)
  if (read.kind === 'invalid') throw new Error('The settings of the drill are wrong.')
  const database = await openDatabase(read.config, { share: true })
  return { config: read.config, ...(await database.migrate()) }
}

/** With somebody who has chosen messages in German, and who waits at each clinic. */
async function aClinicOfEachShard(coordinator: ReturnType<typeof createPool>): Promise<Clinic[]> {
  const database = { ownerPool: coordinator }
  const account = await anAccount(database, { name: 'Ada' })
  await coordinator.query('update auth."user" set "emailVerified" = true where id = $1', [account.id])
  await coordinator.query(
    `insert into holdfast.message_choice (account_id, reminder_emails, sms_kinds_off, language)
     values ($1, true, '{}', 'de')`,
    [account.id],
  )
  const clinics: Clinic[] = []
  for (const no of await clinicNosOfShards(coordinator, 1)) {
    await coordinator.query(`select setval('holdfast.clinic_no_seq', ${no}, false)`)
    const clinic = await aClinic(database)
    const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 100_000 })
    // Another doctor: whoever waits gets what becomes free.
    const { id: entryId } = await aWaitlistEntry(database, await aDoctor(database, clinic))
    clinics.push({ slot, entryId, accountId: account.id })
  }
  return clinics
}

type Scene = {
  coordinator: pg.Pool
  clinics: readonly Clinic[]
  running: ReadonlyMap<string, ShardWithJobs>
  smtp: MailServer
  receiver: WebhookReceiver
}

/** What is done in each shard, and what comes of it. */
class Run {
  readonly #scene: Scene
  readonly #bookings = new Set<string>()
  readonly #holds = { lapsed: 0, expired: 0 }
  readonly #stored = { mails: 0, arrived: 0 }

  constructor(scene: Scene) {
    this.#scene = scene
  }

  async addWebhooks(): Promise<void> {
    const sealedSecret = await createSealedTexts(secrets, 'webhook').seal('whsec_c2VjcmV0')
    const { url } = this.#scene.receiver
    for (const { slot, shard } of await this.#each()) {
      const webhook = { clinicNo: slot.clinicNo, url, events: ['booking.confirmed'], sealedSecret } as const
      const { kind } = await shard.engine.webhooks.create(webhook, null)
      if (kind !== 'done') throw new Error(`No webhook was created: ${kind}`)
    }
  }

  /** So many bookings in each shard, all shards at once. */
  async book(count: number): Promise<void> {
    const booking = (await this.#each()).flatMap(({ slot, shard, accountId }) =>
      Array.from({ length: count }, async () => {
        // An address gets a few messages a day.
        const patient = { name: 'Ada', email: `${randomUUID()}@${bookedDomain}` }
        const claim = aClaim(slot, { confirm: true, accountId, patient })
        const { kind } = await shard.engine.claim(claim)
        if (kind !== 'booked') throw new Error(`A claim failed: ${kind}`)
        this.#bookings.add(claim.bookingId)
      }),
    )
    await Promise.all(booking)
    await eventually('an e-mail about each booking', () => this.#mails().ofBookings.length >= this.#bookings.size)
    await eventually('a delivery of each booking', () => this.#delivered() >= this.#bookings.size)
  }

  /** A hold in each shard lapses, and its queue expires it. */
  async lapse(): Promise<void> {
    for (const { slot, shard } of await this.#each()) {
      const database = { ownerPool: shard.pool }
      await shard.engine.claim(aClaim(slot, { patient: { name: 'Grace' } }))
      const [before = 0] = await takenOf(database, slot)
      this.#holds.lapsed += await lapseHolds(database, slot)
      await shard.runJob('sweep')
      await eventually(`the hold in ${shard.schema} to expire`, async () => {
        const [taken = before] = await takenOf(database, slot)
        return taken === before - 1
      })
      this.#holds.expired += 1
    }
  }

  /** A link to a waitlist's entry, stored in its shard; and one that was stored before there were shards. */
  async storeMails(ofCoordinator: AccountMails): Promise<void> {
    for (const { entryId, shard } of await this.#each()) {
      const mail = { kind: 'entry_link', context: { entryId, isRequested: true, language: 'en' } } as const
      await shard.mails.store(shard.pools.messages, mail, 1)
      await ofCoordinator.store(this.#scene.coordinator, mail, 1)
      this.#stored.mails += 2
    }
    const others = () => this.#scene.smtp.mails.filter((mail) => !isOfBooking(mail)).length
    await eventually('the stored e-mails', () => others() >= this.#stored.mails)
    this.#stored.arrived = others()
  }

  result(): Pick<JobsResult, 'bookings' | 'mails' | 'delivered' | 'holds' | 'stored'> {
    const { ofBookings, ids } = this.#mails()
    return {
      bookings: this.#bookings.size,
      mails: {
        arrived: ofBookings.length,
        german: ofBookings.filter(({ text }) => text?.includes('Termin')).length,
        repeated: ofBookings.length - new Set(ids).size,
      },
      delivered: this.#delivered(),
      holds: this.#holds,
      stored: this.#stored,
    }
  }

  #mails() {
    const ofBookings = this.#scene.smtp.mails.filter((mail) => isOfBooking(mail))
    return { ofBookings, ids: ofBookings.map(({ messageId }) => messageId) }
  }

  #delivered(): number {
    const { received } = this.#scene.receiver
    return new Set(received.map(({ headers }) => headers['webhook-id'])).size
  }

  async #each(): Promise<(Clinic & { shard: ShardWithJobs })[]> {
    const { coordinator, clinics, running } = this.#scene
    return Promise.all(
      clinics.map(async (clinic) => {
        const { rows } = await coordinator.query<{ shard: string }>(
          sql`
            select get_shard_id_for_distribution_column('holdfast.clinic', ${clinic.slot.clinicNo}::int)::text
                as shard`,
        )
        const shard = running.get(`holdfast_${rows[0]?.shard}`)
        if (shard === undefined) throw new Error(`No shard has the clinic ${clinic.slot.clinicNo}.`)
        return { ...clinic, shard }
      }),
    )
  }
}

type Move = {
  url: string
  appUrl: string
  services: JobServices
  running: Map<string, ShardWithJobs>
  shard: WrittenShard
}

/** The jobs of the others go on. */
async function moveShard({ url, appUrl, services, running, shard }: Move): Promise<void> {
  await running.get(shard.schema)?.stop()
  running.delete(shard.schema)
  await movePlacement(url, shard, 'force_logical')
  for (const written of await writtenShards(url, { only: [shard.schema] })) {
    running.set(shard.schema, await startShard(services, written, appUrl))
  }
  await dropFormerSchemas(url)
  await dropFormerQueues(url)
  await cleanUp(url)
}

/** Warnings and errors of the log. */
function linesTo(lines: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk).trim())
      done()
    },
  })
}
