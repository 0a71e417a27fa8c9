import { join } from 'node:path'
import { administrator, settingsFor, signIn } from '@holdfast/server/test/running-server'
import {
  createTestCluster,
  type MailServerProcess,
  portToKeep,
  startMailServerProcess,
  type TestCluster,
  until,
} from '@holdfast/testkit'
import { type EventConsumer, eventConsumer } from '@holdfast/testkit/event-consumer'
import { type RabbitServer, rabbitServer } from '@holdfast/testkit/rabbit-server'
import type { Ending } from '../cluster/ending.ts'
import { holdfast, untilReady } from '../cluster/holdfast-process.ts'
import { limited } from '../cluster/limited.ts'
import { lastLines, type PlainProcess } from '../cluster/plain-process.ts'
import { createRoom, type Room } from '../load/booking-load.ts'

/** What the drill kills, with a load on it. */
export type MessageStage = {
  database: TestCluster
  room: Room
  broker: RabbitServer
  mail: MailServerProcess
  /** Serves requests, and runs no jobs. */
  api: { url: string; kill(): Promise<void>; start(): Promise<void> }
  /** Plans, sends and publishes. */
  worker: { kill(): Promise<void>; start(how?: { hasBroker: boolean }): Promise<void>; lastLines(): Promise<string> }
  /** The token of the site's administrator. */
  bearer: string
  /** What arrives at the queue of a consumer. */
  consumer: EventConsumer
}

export type MessageStageOptions = {
  /** An empty directory. */
  directory: string
  /** Places for so many bookings. */
  places: number
  say(line: string): void
}

/** Longer than RabbitMQ and the API may take on a busy machine: what does not start says so by then. */
const startMsMax = 330_000
const eventExchange = 'holdfast.events'

/** Starts PostgreSQL, RabbitMQ, a mail server, and an API and a worker as an installation has them. */
export async function setUpMessages(options: MessageStageOptions, ending: Ending): Promise<MessageStage> {
  const { directory, say } = options
  const starting = <Started>(what: string, run: () => Promise<Started>) => limited(`to start ${what}`, startMsMax, run)
  say('starting PostgreSQL, RabbitMQ and a mail server')
  const [{ database, room }, mail, broker] = await Promise.all([
    starting('PostgreSQL', () => startDatabase(options.places, ending)),
    starting('the mail server', () => startMailServer(join(directory, 'mails.jsonl'), ending)),
    starting('RabbitMQ', () => startBroker(ending)),
  ])
  const settings = {
    ...settingsFor(database),
    HOLDFAST_LOG_LEVEL: 'warn',
    HOLDFAST_URL: 'https://book.example.org',
    // Guests come from many addresses.
    HOLDFAST_TRUSTED_PROXIES: '1',
    SMTP_URL: mail.url,
    HOLDFAST_MAIL_FROM: 'no-reply@clinic.example.org',
  }
  say('starting the API and a worker')
  const worker = holdfastWorker(directory, settings, broker, ending)
  const [api, consumer] = await Promise.all([
    starting('the API', () => startApi(directory, settings, ending)),
    starting('the consumer of the events', () => startConsumer(broker, ending)),
    worker.start(),
  ])
  const bearer = await signIn(api.url, administrator)
  for (const name of ['email', 'broker']) await untilHeld(database, name, worker.lastLines)
  return { database, room, broker, mail, api, worker, bearer, consumer }
}

async function startDatabase(places: number, ending: Ending) {
  const database = await createTestCluster()
  await ending.add('to stop PostgreSQL', () => database.end())
  const room = await createRoom(database.ownerPool, places)
  await liftLimits(database)
  return { database, room }
}

async function startMailServer(file: string, ending: Ending): Promise<MailServerProcess> {
  const mail = await startMailServerProcess(file)
  await ending.add('to stop the mail server', async () => void (await mail.kill()))
  return mail
}

async function startBroker(ending: Ending): Promise<RabbitServer> {
  const broker = await rabbitServer()
  await ending.add('to stop RabbitMQ', () => broker.end())
  return broker
}

async function startConsumer(broker: RabbitServer, ending: Ending): Promise<EventConsumer> {
  const consumer = await eventConsumer(broker.url, eventExchange)
  await ending.add('to stop the consumer of the events', () => consumer.end())
  return consumer
}

/** The limits for patients are not what this is about, and no hold lapses while the API starts again. */
async function liftLimits({ ownerPool }: TestCluster): Promise<void> {
  const columns = ['address', 'account', 'contact'].flatMap((of) => [`${of}_holds_max`, `${of}_bookings_max`])
  const limits = columns.map((column) => `${column} = 1000`).join(', ')
  await ownerPool.query(`update holdfast.clinic set hold_seconds = 900, ${limits}`)
}

async function startApi(directory: string, settings: Record<string, string>, ending: Ending) {
  const port = await portToKeep()
  const url = `http://127.0.0.1:${port}`
  const env = { ...settings, PORT: String(port), HOLDFAST_WORKER: 'off' }
  let running: PlainProcess | null = null
  const api: MessageStage['api'] = {
    url,
    kill: async () => running?.end('SIGKILL'),
    async start() {
      const started = holdfast('api', 'start', directory, env)
      running = started
      await ending.add('to kill the API', () => started.end('SIGKILL'))
      await untilReady(started, url)
    },
  }
  await api.start()
  return api
}

function holdfastWorker(
  directory: string,
  settings: Record<string, string>,
  broker: RabbitServer,
  ending: Ending,
): MessageStage['worker'] {
  let running: PlainProcess | null = null
  return {
    kill: async () => running?.end('SIGKILL'),
    async start({ hasBroker } = { hasBroker: true }) {
      const env = hasBroker ? { ...settings, AMQP_URL: broker.url } : settings
      const started = holdfast('worker', 'worker', directory, env)
      running = started
      await ending.add('to kill the worker', () => started.end('SIGKILL'))
    },
    lastLines: async () => (running === null ? 'There is no worker.' : lastLines(running)),
  }
}

/** Waits until a receiver has its position: what happens from then on is delivered to it. */
async function untilHeld({ ownerPool }: TestCluster, name: string, describe: () => Promise<string>): Promise<void> {
  const query = 'select from holdfast.log_receiver where name = $1 and holder is not null'
  const isHeld = async () => ((await ownerPool.query(query, [name])).rowCount === 1 ? true : undefined)
  await until(isHeld, async () => `${name} to follow the log; ${await describe()}`, startMsMax)
}
