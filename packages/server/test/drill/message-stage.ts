import { join } from 'node:path'
import { createEventPublisher, type EventMessage } from '@holdfast/adapters/rabbitmq'
import { inTransaction, publishedForm } from '@holdfast/engine'
import { createLogger } from '@holdfast/server/logger'
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
import { cloudEventOf } from '../../src/broker/cloud-event.ts'
import { startRelay } from '../../src/relay/start-relay.ts'
import type { Ending } from '../cluster/ending.ts'
import { holdfast, untilReady } from '../cluster/holdfast-process.ts'
import { lastLines, type PlainProcess } from '../cluster/plain-process.ts'
import { administrator, settingsFor, signIn } from '../running-server.ts'
import { createRoom, type Room } from './booking-load.ts'

/** What the drill kills, with a load on it. */
export type MessageStage = {
  database: TestCluster
  room: Room
  broker: RabbitServer
  mail: MailServerProcess
  /** Serves requests, and runs no jobs. */
  api: { url: string; kill(): Promise<void>; start(): Promise<void> }
  /** Plans, sends and publishes. */
  worker: { kill(): Promise<void>; start(): void; lastLines(): Promise<string> }
  /** Of the site's administrator. */
  bearer: string
  /** What arrives at the queue of a consumer. */
  consumer: EventConsumer
  /** Negative control: the ids of the events that the planted bugs hold back; otherwise empty. */
  heldBack: ReadonlySet<string>
}

export type MessageStageOptions = {
  /** An empty directory. */
  directory: string
  /** Places for so many bookings. */
  places: number
  /** Bugs, as a negative control: events are lost, and published in the wrong order; e-mails are sent twice. */
  isPlanted: boolean
  say(line: string): void
}

const startMsMax = 300_000
/** What the planted bugs cause, as parts of the faults that must be found. */
export const plantedFindings = [
  'did not arrive',
  'in the wrong order',
  'arrived 2 times, and was interrupted 0 times',
] as const
const eventExchange = 'holdfast.events'

/** Starts PostgreSQL, RabbitMQ, a mail server, and an API and a worker as an installation has them. */
export async function setUpMessages(options: MessageStageOptions, ending: Ending): Promise<MessageStage> {
  const { directory, isPlanted, say } = options
  say('starting PostgreSQL, RabbitMQ and a mail server')
  const starting = rabbitServer()
  const database = await createTestCluster()
  await ending.add(() => database.end())
  const mail = await startMailServerProcess(join(directory, 'mails.jsonl'))
  await ending.add(async () => void (await mail.kill()))
  const broker = await starting
  await ending.add(() => broker.end())
  const room = await createRoom(database.ownerPool, options.places)
  await liftLimits(database)
  const consumer = await eventConsumer(broker.url, eventExchange)
  await ending.add(() => consumer.end())
  const settings = {
    ...settingsFor(database),
    HOLDFAST_LOG_LEVEL: 'warn',
    HOLDFAST_URL: 'https://book.example.org',
    // Guests come from many addresses.
    HOLDFAST_TRUSTED_PROXIES: '1',
    SMTP_URL: mail.url,
    HOLDFAST_MAIL_FROM: 'no-reply@clinic.example.org',
    ...(isPlanted ? {} : { AMQP_URL: broker.url }),
  }
  say('starting the API and a worker')
  const api = await startApi(directory, settings, ending)
  const worker = startWorker(directory, settings, ending)
  const heldBack = isPlanted ? await plantBugs(database, broker, ending) : new Set<string>()
  await untilHeld(database, 'email', worker.lastLines)
  await untilHeld(database, 'broker', worker.lastLines)
  const bearer = await signIn(api.url, administrator)
  return { database, room, broker, mail, api, worker, bearer, consumer, heldBack }
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
  let running = holdfast('api', 'start', directory, env)
  await ending.add(() => running.end('SIGKILL'))
  await untilReady(running, url)
  return {
    url,
    kill: () => running.end('SIGKILL'),
    async start() {
      running = holdfast('api', 'start', directory, env)
      await untilReady(running, url)
    },
  }
}

function startWorker(directory: string, settings: Record<string, string>, ending: Ending): MessageStage['worker'] {
  const start = () => holdfast('worker', 'worker', directory, settings)
  let running: PlainProcess = start()
  void ending.add(() => running.end('SIGKILL'))
  return {
    kill: () => running.end('SIGKILL'),
    start() {
      running = start()
    },
    lastLines: () => lastLines(running),
  }
}

/** Waits until a receiver has its position: what happens from then on is delivered to it. */
async function untilHeld({ ownerPool }: TestCluster, name: string, describe: () => Promise<string>): Promise<void> {
  const query = 'select from holdfast.log_receiver where name = $1 and holder is not null'
  const isHeld = async () => ((await ownerPool.query(query, [name])).rowCount === 1 ? true : undefined)
  await until(isHeld, describe, startMsMax)
}

/**
 * The record that an e-mail was sent is lost, once for each. A relay loses every seventh event. It collects the others
 * until two of one booking are among them, and publishes these in the reverse order.
 *
 * @returns the ids of the events that the relay has read and not published
 */
async function plantBugs(database: TestCluster, broker: RabbitServer, ending: Ending): Promise<ReadonlySet<string>> {
  await database.ownerPool.query(`
    create function holdfast.planted() returns trigger language plpgsql as $$
      begin
        new.state := 'due';
        new.done_at := null;
        return new;
      end $$;
    create trigger planted before update on holdfast.message for each row
      when (new.state = 'sent' and old.attempts = 1) execute function holdfast.planted()`)
  const publisher = createEventPublisher(broker.url)
  await ending.add(() => publisher.close())
  const heldBack = new Set<string>()
  const waiting: EventMessage[] = []
  let read = 0
  const relay = startRelay({
    pool: database.appPool,
    log: createLogger('silent'),
    receiver: {
      name: 'broker',
      async deliver(events, acknowledge) {
        for (const event of await publishedForm(database.appPool, events)) {
          const message = cloudEventOf(event, 'https://book.example.org')
          heldBack.add(message.id)
          read += 1
          if (read % 7 !== 0) waiting.push(message)
          const bookings = new Set(waiting.map(({ id }) => id.split('.')[0]))
          if (bookings.size === waiting.length) continue
          for (const next of waiting.splice(0).toReversed()) {
            await publisher.publish([next])
            heldBack.delete(next.id)
          }
        }
        await inTransaction(database.appPool, acknowledge)
      },
    },
  })
  await ending.add(() => relay.stop())
  return heldBack
}
