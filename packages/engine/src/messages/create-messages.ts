import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import { isId } from '../model/id.ts'
import type { Message, MessageContent, Messages, SendAgainOutcome } from '../model/message.ts'
import { runOnce } from '../stored-responses/run-once.ts'
import { listMessages } from './list-messages.ts'
import { messageChoices, setMessageChoices } from './message-choices.ts'
import { messageColumns } from './message-columns.ts'
import { changeMessageSettings, readMessageSettings } from './message-settings.ts'
import { planReminders } from './plan-reminders.ts'
import { chooseReminders, reminderOptOuts } from './reminder-opt-outs.ts'

const againMinutes = 10

/** How long until a message may be sent again; 0 or less: it may. */
const pauseSeconds = sql`coalesce(ceil(extract(epoch from
  m.sent_again_at + make_interval(mins => ${againMinutes}) - clock_timestamp())), 0)::integer`

/**
 * What clinics see of their messages, and what accounts have chosen, with the application's role.
 *
 * @param accountsPool the pool of the server that has what belongs to accounts; default: the same
 */
export function createMessages(pool: pg.Pool, accountsPool: pg.Pool = pool): Messages {
  return {
    list: (query) => listMessages(pool, query),

    async find(clinicNo, id) {
      if (!isId(id)) return null
      const { rows } = await pool.query<Message & { content: MessageContent | null }>(sql`
        select ${messageColumns}, m.content from holdfast.message m where m.clinic_no = ${clinicNo} and m.id = ${id}`)
      if (rows[0] === undefined) return null
      const { content, ...message } = rows[0]
      return { message, content }
    },

    async sendAgain(clinicNo, id, writeKey) {
      if (!isId(id)) return { kind: 'done', value: { kind: 'message_missing' } }
      const result = await inTransaction(pool, (transaction) =>
        runOnce(
          transaction,
          { writeKey, clinicNo },
          () => sendAgain(transaction, clinicNo, id),
          ({ kind }) => kind === 'due',
        ),
      )
      if (result.kind !== 'replayed' || result.value.kind !== 'due') return result
      return { kind: 'replayed', value: { kind: 'due', message: withTimes(result.value.message) } }
    },

    chooseReminders: (choice) => chooseReminders(pool, choice),
    reminderOptOuts: (recipients) => reminderOptOuts(pool, recipients),
    choices: (accountId) => messageChoices(accountsPool, accountId),
    setChoices: (accountId, choices) => setMessageChoices(accountsPool, accountId, choices),

    settings: (clinicNo) => readMessageSettings(pool, clinicNo),
    changeSettings: (clinicNo, change, check) => changeMessageSettings(pool, clinicNo, change, check),
    planReminders: (clinicNo, query) => planReminders(pool, clinicNo, query),
  }
}

/** The message stays locked: if it were sent before it is read, the response would deny that it was due. */
async function sendAgain(transaction: pg.PoolClient, clinicNo: number, id: string): Promise<SendAgainOutcome> {
  const isMessage = sql`m.clinic_no = ${clinicNo} and m.id = ${id}`
  const { rows: found } = await transaction.query<Message & { pauseSeconds: number }>(sql`
    select ${messageColumns}, ${pauseSeconds} as "pauseSeconds" from holdfast.message m where ${isMessage} for update`)
  if (found[0] === undefined) return { kind: 'message_missing' }
  const { pauseSeconds: retryAfterSeconds, ...message } = found[0]
  if (message.state === 'due') return { kind: 'due', message }
  if (retryAfterSeconds > 0) return { kind: 'too_soon', retryAfterSeconds }
  const { rows: due } = await transaction.query<Message>(sql`
    update holdfast.message m
       set state = 'due', due_at = clock_timestamp(), attempts = 0, attempts_lost = 0, attempt_until = null,
           attempted_at = null, result = null, reason = null, failure = null, content = null, done_at = null,
           by_clinic = true, sent_again_at = clock_timestamp()
     where ${isMessage}
    returning ${messageColumns}`)
  if (due[0] === undefined) throw new Error(`The message ${id} is locked, and was not updated.`)
  return { kind: 'due', message: due[0] }
}

/** Restores the times of what is stored with a key: JSON has no dates. */
function withTimes(message: Message): Message {
  const { dueAt, attemptedAt, doneAt, createdAt } = message
  return {
    ...message,
    dueAt: new Date(dueAt),
    attemptedAt: attemptedAt && new Date(attemptedAt),
    doneAt: doneAt && new Date(doneAt),
    createdAt: new Date(createdAt),
  }
}
