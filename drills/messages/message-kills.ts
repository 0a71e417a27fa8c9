import { holdLock, until } from '@holdfast/testkit'
import { mailNo } from './message-faults.ts'
import type { MessageLoad } from './message-load.ts'
import type { MessageStage } from './message-stage.ts'

/** What was being sent when a process ended, by e-mail: how often. */
export type Interrupted = Map<string, number>

type Kill = (stage: MessageStage, load: MessageLoad, interrupted: Interrupted) => Promise<void>

const endsWithinMs = 120_000
/** While something is away, so many changes are acknowledged: bookings do not wait for it. */
const changesMeanwhile = 10

/** Each waits until what it kills is at work, and starts it again. */
export const kills = {
  async 'the broker, while events arrive'(stage, load) {
    await untilArrived(stage, load, 5)
    await stage.broker.stop('SIGKILL')
    await load.untilAcknowledged(changesMeanwhile)
    await stage.broker.start()
  },

  async 'the worker, while it sends'(stage, load, interrupted) {
    await untilSending(stage, load)
    await stage.worker.kill()
    await load.untilAcknowledged(changesMeanwhile)
    await startWorkerAgain(stage, interrupted)
  },

  async 'the worker, between sending an e-mail and recording it'(stage, load, interrupted) {
    const no = await lastMailStored(stage, load)
    await killRecording(stage, load, interrupted, {
      lock: ['select from holdfast.message where id = $1 for update', [no]],
      recording: [['holdfast jobs', 'holdfast messages'], 'update holdfast.message'],
      sent: stage.mail.continue,
    })
    await untilStoredTwice(stage, load, no)
  },

  async 'the worker, between publishing an event and recording it'(stage, load, interrupted) {
    await untilPublishing(stage, load)
    // Not the row: locking one gives the transaction an id, and the worker would read no event that is newer.
    await killRecording(stage, load, interrupted, {
      lock: ['lock table holdfast.log_receiver in share mode', []],
      recording: [['holdfast broker'], 'update holdfast.log_receiver set epoch ='],
    })
    await untilRepeated(stage, load)
  },

  async 'the API, while it responds'(stage, load) {
    await load.until(async () => load.inFlight > 0, 'a request')
    const before = load.failedRequests
    await stage.api.kill()
    await load.until(async () => load.failedRequests > before, 'a request that fails')
    await stage.api.start()
    await load.untilAcknowledged(changesMeanwhile)
  },

  async 'the mail server, while it receives an e-mail'(stage, load, interrupted) {
    await stage.mail.pauseAt('receiving')
    await replaceMailServer(stage, load, interrupted)
  },

  async 'the mail server, before it replies'(stage, load, interrupted) {
    await stage.mail.pauseAt('stored')
    await replaceMailServer(stage, load, interrupted)
  },
} satisfies Record<string, Kill>

export type KillName = keyof typeof kills

export const allKills = Object.keys(kills) as KillName[]

type Recording = {
  /** Locks what is written, for as long as it is not to be. */
  lock: readonly [statement: string, parameters: unknown[]]
  /** Which pools of the worker write it, and how the statement begins. */
  recording: readonly [pools: string[], statement: string]
  /** Lets it happen. */
  sent?(): void
}

/** Kills the worker when it waits to record what it has done. */
async function killRecording(
  stage: MessageStage,
  load: MessageLoad,
  interrupted: Interrupted,
  { lock: [statement, parameters], recording, sent }: Recording,
): Promise<void> {
  const lock = await holdLock(stage.database.ownerPool, statement, parameters)
  try {
    sent?.()
    await untilWaiting(stage, load, recording)
    await stage.worker.kill()
    await endSessions(stage)
  } finally {
    await lock.release()
  }
  await load.untilAcknowledged(changesMeanwhile)
  await startWorkerAgain(stage, interrupted)
}

async function replaceMailServer({ mail, database }: MessageStage, load: MessageLoad, interrupted: Interrupted) {
  for (const messageId of await mail.kill()) note(interrupted, mailNo(messageId))
  await load.untilAcknowledged(changesMeanwhile)
  await mail.start()
  await skipPauses(database)
}

/** Pauses the mail server with an e-mail that no other follows, and that no crash has interrupted. @returns its id */
async function lastMailStored({ mail, database }: MessageStage, load: MessageLoad): Promise<string> {
  for (;;) {
    const no = mailNo((await mail.pauseAt('stored')) ?? '')
    const query = 'select booking_id as id, version from holdfast.message where id = $1 and attempts_lost = 0'
    const { rows } = await database.ownerPool.query<{ id: string; version: number }>(query, [no])
    if (rows[0] !== undefined && load.done.get(rows[0].id) === rows[0].version) return no
    mail.continue()
  }
}

/**
 * Starts another worker, which need not wait for the killed one: neither 240 s for what that one was sending, nor
 * ten seconds for the receivers to which it was delivering.
 */
async function startWorkerAgain(stage: MessageStage, interrupted: Interrupted): Promise<void> {
  await endSessions(stage)
  const { rows } = await stage.database.ownerPool.query<{ id: string; isSending: boolean }>(
    `update holdfast.message set attempt_until = clock_timestamp() where state = 'due' and attempt_until is not null
     returning id, not before_sending as "isSending"`,
  )
  for (const { id, isSending } of rows) if (isSending) note(interrupted, id)
  await stage.database.ownerPool.query(
    'update holdfast.log_receiver set held_until = clock_timestamp() where holder is not null',
  )
  await stage.worker.start()
}

/** Ends the killed worker's sessions, so that none of its statements takes effect later. */
async function endSessions({ database }: MessageStage): Promise<void> {
  const names = ['jobs', 'messages', 'webhooks', 'broker'].map((pool) => `holdfast ${pool}`)
  const query = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = any ($1)`
  await until(
    async () => (await database.ownerPool.query(query, [names])).rowCount === 0,
    'the sessions of the worker to end',
    endsWithinMs,
  )
}

function note(interrupted: Interrupted, id: string): void {
  interrupted.set(id, (interrupted.get(id) ?? 0) + 1)
}

/** Sends now what would be tried again, or announced, some minutes later. */
export async function skipPauses({ ownerPool }: MessageStage['database']): Promise<void> {
  await ownerPool.query(
    `update holdfast.message set due_at = clock_timestamp()
      where state = 'due' and attempt_until is null and kind <> 'reminder' and due_at > clock_timestamp()`,
  )
  await ownerPool.query(`select graphile_worker.add_job('messages', job_key => 'drill')`)
}

async function untilArrived({ consumer }: MessageStage, load: MessageLoad, more: number): Promise<void> {
  const target = consumer.received.length + more
  await load.until(
    async () => consumer.received.length >= target,
    () => `${target} events, not ${consumer.received.length}`,
  )
}

/** Waits until a worker publishes: one that has just started could not begin to while its receiver is locked. */
async function untilPublishing({ database, worker }: MessageStage, load: MessageLoad): Promise<void> {
  const query = "select from holdfast.log_receiver where name = 'broker' and held_until > clock_timestamp()"
  await load.until(
    async () => (await database.ownerPool.query(query)).rowCount === 1,
    async () => `the worker to publish events; ${await worker.lastLines()}`,
  )
}

async function untilSending({ database, worker }: MessageStage, load: MessageLoad): Promise<void> {
  const query = `select from holdfast.message where state = 'due' and attempt_until is not null
    and not before_sending limit 1`
  await load.until(
    async () => (await database.ownerPool.query(query)).rowCount === 1,
    async () => `an e-mail to be sent; ${await worker.lastLines()}`,
  )
}

/** Waits until the worker waits for a lock to run a statement. */
async function untilWaiting(
  { database, worker }: MessageStage,
  load: MessageLoad,
  [pools, statement]: Recording['recording'],
): Promise<void> {
  const query = `select from pg_stat_activity
    where datname = current_database() and application_name = any ($1) and wait_event_type = 'Lock'
      and starts_with(regexp_replace(btrim(query, E' \\n'), '\\s+', ' ', 'g'), $2)`
  await load.until(
    async () => (await database.ownerPool.query(query, [pools, statement])).rowCount !== 0,
    async () => `the worker to wait for its ${statement}; ${await worker.lastLines()}`,
  )
}

/** Waits for an event that arrives again. */
async function untilRepeated({ consumer: { received }, worker }: MessageStage, load: MessageLoad): Promise<void> {
  const before = received.length - new Set(received.map(({ messageId }) => messageId)).size
  await load.until(
    async () => received.length - new Set(received.map(({ messageId }) => messageId)).size > before,
    async () => `an event that arrives again; ${await worker.lastLines()}`,
  )
}

async function untilStoredTwice({ mail, worker }: MessageStage, load: MessageLoad, no: string): Promise<void> {
  await load.until(
    async () => {
      const stored = (await mail.stored()).filter(({ messageId }) => mailNo(messageId) === no)
      return stored.length >= 2
    },
    async () => `the e-mail ${no} to be sent again; ${await worker.lastLines()}`,
  )
}
