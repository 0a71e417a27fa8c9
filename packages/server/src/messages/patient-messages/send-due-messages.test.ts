import type { Mail } from '@holdfast/adapters/smtp'
import { beginSending, clinicNoOf, newId, takeDueMessages } from '@holdfast/engine'
import { someMessageSettings, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect, onTestFinished, vi } from 'vitest'
import { dueMessages, messagesWithIds, sendMessages } from '../../../test/due-messages.ts'

test('a mail server that accepts nothing for now keeps no run busy; then all is sent', async ({ database }) => {
  const ids = await dueMessages(database, 25)
  const failing = await sendMessages(database, 'failed')
  expect([failing.done, failing.mails.length]).toEqual([0, 10])
  const rows = await messagesWithIds(database, ids)
  expect(rows.filter(({ isLater, state }) => isLater && state === 'due')).toHaveLength(10)
  await database.ownerPool.query('update holdfast.message set due_at = now() where id = any ($1)', [ids])
  const { done, mails } = await sendMessages(database, 'accepted')
  expect(done).toBe(25)
  expect(new Set(mails.map(({ to }) => to.address)).size).toBe(25)
  expect(await sendMessages(database, 'accepted')).toEqual({ done: 0, mails: [] })
})

test('an attempt whose process ended is repeated once, with its Message-ID, not twice', async ({ database }) => {
  const ended = { attempt_until: `now() - interval '1 s'`, attempts: '1' }
  const ids = await dueMessages(database, 1, ended)
  const { mails } = await sendMessages(database, 'accepted')
  expect(mails.map(({ messageId }) => messageId)).toEqual([`<${ids[0]}@example.org>`])
  expect(await messagesWithIds(database, ids)).toMatchObject([{ state: 'sent', lost: 1 }])
  const twice = await dueMessages(database, 1, { ...ended, attempts_lost: '1' })
  expect((await sendMessages(database, 'accepted')).mails).toEqual([])
  expect(await messagesWithIds(database, twice)).toMatchObject([{ state: 'failed', failure: 'unknown', result: null }])
})

test('an attempt whose process ended before it began to send does not count', async ({ database }) => {
  const ended = { attempt_until: `now() - interval '1 s'`, attempts: '2', attempts_lost: '1', before_sending: 'true' }
  const ids = await dueMessages(database, 1, ended)
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(1)
  expect(await messagesWithIds(database, ids)).toMatchObject([{ state: 'sent', lost: 1 }])
})

test('what another process has taken meanwhile is not sent, nor recorded', async ({ database }) => {
  const ids = await dueMessages(database, 1)
  const takeover = async () => {
    await database.ownerPool.query('update holdfast.message set attempts = attempts + 1 where id = any ($1)', [ids])
    return null
  }
  expect((await sendMessages(database, 'accepted', takeover)).mails).toEqual([])
  expect(await messagesWithIds(database, ids)).toMatchObject([
    { state: 'due', attempts: 2, result: null, isLater: false },
  ])
})

test('while a process sends a message, no other does', async ({ database }) => {
  const ids = await dueMessages(database, 1, { attempt_until: `now() + interval '1 min'`, attempts: '1' })
  expect((await sendMessages(database, 'accepted')).mails).toEqual([])
  expect(await messagesWithIds(database, ids)).toMatchObject([{ state: 'due', attempts: 1 }])
})

/** Sends one message while its attempt's time passes, and another process sends what is due then. */
async function sendTwice(database: TestDatabase, ids: string[], { beginsFirst = false } = {}) {
  const arrived: Mail[] = []
  const meanwhile = async () => {
    await database.ownerPool.query('update holdfast.message set attempt_until = now() where id = any ($1)', [ids])
    arrived.push(...(await sendMessages(database, 'accepted')).mails)
  }
  const idle = async () => undefined
  const nobody = async () => null
  const [during, before] = beginsFirst ? [meanwhile, idle] : [idle, meanwhile]
  arrived.push(...(await sendMessages(database, 'accepted', nobody, during, before)).mails)
  return arrived.map(({ messageId }) => messageId)
}

test('what waits too long for the mail server is sent by another process, and once', async ({ database }) => {
  const ids = await dueMessages(database, 1)
  expect(await sendTwice(database, ids)).toEqual([`<${ids[0]}@example.org>`])
  expect(await messagesWithIds(database, ids)).toMatchObject([{ state: 'sent', attempts: 2, lost: 0 }])
})

test('negative control: handed over before a connection is free, it arrives twice', async ({ database }) => {
  const ids = await dueMessages(database, 1)
  expect(await sendTwice(database, ids, { beginsFirst: true })).toHaveLength(2)
})

test('a message is not begun when too little of its time is left', async ({ database }) => {
  await dueMessages(database, 1)
  const [message] = await takeDueMessages(database.appPool, { channel: 'email', limit: 1, seconds: 100 })
  expect(message).toBeDefined()
  if (message === undefined) return
  expect(await beginSending(database.appPool, message, 120)).toBe(false)
  expect(await beginSending(database.appPool, message, 60)).toBe(true)
})

/** A confirmation, and the cancellation that is planned while the mail server has the confirmation. */
async function cancelWhileSending(database: TestDatabase, ids: string[]) {
  const { rows } = await database.ownerPool.query<{ id: string }>(
    `with cancelled as (
       update holdfast.booking b set status = 'CANCELLED', version = 3 from holdfast.message m
        where m.id = any ($1) and b.id = m.booking_id)
     insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, by_patient, due_at)
     select clinic_no, holdfast.new_id(clinic_no, now()), booking_id, 3, slot_id, 'cancelled', channel, true, now()
       from holdfast.message where id = any ($1) returning id`,
    [ids],
  )
  return rows.map(({ id }) => id)
}

test('a message waits while an earlier one of its booking is being sent', async ({ database }) => {
  const ids = await dueMessages(database, 1)
  const arrived: string[] = []
  let later: string[] = []
  // What the mail server does until it has responded.
  const during = async ({ messageId }: Mail) => {
    if (arrived.length === 0) {
      later = await cancelWhileSending(database, ids)
      expect((await sendMessages(database, 'accepted')).mails).toEqual([])
    }
    arrived.push(messageId)
  }
  await sendMessages(database, 'accepted', async () => null, during)
  expect(arrived).toEqual([...ids, ...later].map((id) => `<${id}@example.org>`))
})

test('a message that cannot be sent yet is not sent after a later one of its booking', async ({ database }) => {
  const ids = await dueMessages(database, 1)
  let later: string[] = []
  const cancel = async () => {
    if (later.length === 0) later = await cancelWhileSending(database, ids)
  }
  expect((await sendMessages(database, 'failed', async () => null, cancel)).done).toBe(0)
  const all = [...ids, ...later]
  await database.ownerPool.query('update holdfast.message set due_at = now() where id = any ($1)', [all])
  const { mails } = await sendMessages(database, 'accepted')
  expect(mails.map(({ messageId }) => messageId)).toEqual(later.map((id) => `<${id}@example.org>`))
  expect(await messagesWithIds(database, ids)).toMatchObject([{ state: 'skipped', reason: 'replaced' }])
})

test('negative control: what looks as if nobody sent the earlier one arrives before it', async ({ database }) => {
  const ids = await dueMessages(database, 1)
  const arrived: string[] = []
  await sendMessages(
    database,
    'accepted',
    async () => null,
    async ({ messageId }) => {
      await cancelWhileSending(database, ids)
      await database.ownerPool.query(sql`update holdfast.message
          set attempt_until = null, due_at = now() + interval '1 h' where id = any (${ids})`)
      arrived.push(...(await sendMessages(database, 'accepted')).mails.map((mail) => mail.messageId), messageId)
    },
  )
  expect(arrived).toHaveLength(2)
  expect(arrived[1]).toBe(`<${ids[0]}@example.org>`)
})

test.for(['refused', 'address_refused'] as const)(
  'a final refusal is not repeated, and recorded as %s',
  async (kind, { database }) => {
    const ids = await dueMessages(database, 1)
    expect(await sendMessages(database, kind)).toMatchObject({ done: 1 })
    expect(await messagesWithIds(database, ids)).toMatchObject([
      { state: 'failed', failure: kind, result: kind, attempts: 1 },
    ])
  },
)

test('when no attempt has succeeded for hours, a message is given up as unavailable', async ({ database }) => {
  const ids = await dueMessages(database, 1, { attempts: '11' })
  expect(await sendMessages(database, 'failed')).toMatchObject({ done: 1 })
  expect(await messagesWithIds(database, ids)).toMatchObject([
    { state: 'failed', failure: 'unavailable', attempts: 12 },
  ])
})

test('an address gets ten of a clinic’s mails a day, beside reminders and the clinic’s own', async ({ database }) => {
  const victim = () => 'Victim@example.org'
  const ids = await dueMessages(database, 12, {}, victim)
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(10)
  const rows = await messagesWithIds(database, ids)
  expect(rows.filter(({ state, reason }) => state === 'skipped' && reason === 'address_limit')).toHaveLength(2)
  // Offers are counted apart, and are no more than ten either.
  const { rows: offers } = await database.ownerPool.query<{ id: string }>(sql`
    update holdfast.booking set waitlist_entry_id = id
     where id in (select booking_id from holdfast.message where id = any (${ids})) returning id`)
  expect(offers).toHaveLength(12)
  await database.ownerPool.query(sql`update holdfast.message
      set state = 'due', done_at = null, due_at = now(), attempts = 0 where id = any (${ids})`)
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(10)
  // The controls: another clinic, the desk that sends one again, a reminder, and the next day.
  await dueMessages(database, 1, {}, victim)
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(1)
  const again = (columns: string) =>
    database.ownerPool.query(
      `update holdfast.message set state = 'due', done_at = null, due_at = now(), attempts = 0, ${columns}
        where id = $1`,
      [ids[0]],
    )
  await again('by_clinic = true')
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(1)
  await again(`by_clinic = false, kind = 'reminder', minutes_before = 120`)
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(1)
  await again(`by_clinic = false, kind = 'confirmed'`)
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(0)
  await database.ownerPool.query(`update holdfast.message_budget set since = since - interval '25 hours'`)
  await again(`by_clinic = false, kind = 'confirmed'`)
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(1)
})

test('a reminder waits for the end of the quiet hours, by the clock of the database', async ({ database }) => {
  const ids = await dueMessages(database, 1, { minutes_before: '120' })
  await database.ownerPool.query(`update holdfast.message set kind = 'reminder' where id = $1`, [ids[0]])
  await database.ownerPool.query(sql`
    update holdfast.slot s set starts_at = now() + interval '3 days', ends_at = now() + interval '3 days 15 minutes'
     from holdfast.message m where m.id = ${ids[0]} and s.clinic_no = m.clinic_no and s.id = m.slot_id`)
  const { rows } = await database.ownerPool.query<{ end: string }>(sql`update holdfast.message_settings s
         set quiet_from = l.at::time(0) - interval '4 hours', quiet_until = l.at::time(0) + interval '4 hours'
        from holdfast.message m
        join holdfast.clinic c on c.no = m.clinic_no,
             lateral (select date_trunc('minute', now()) at time zone c.timezone as at) l
       where m.id = ${ids[0]} and s.clinic_no = c.no
      returning to_char(quiet_until, 'HH24:MI') as end`)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 12 * 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  expect((await sendMessages(database, 'accepted')).mails).toEqual([])
  const due = await database.ownerPool.query(sql`
    select m.state, m.reason, to_char(m.due_at at time zone c.timezone, 'HH24:MI') as end,
          m.due_at > now() as "isLater", m.attempts
     from holdfast.message m join holdfast.clinic c on c.no = m.clinic_no where m.id = ${ids[0]}`)
  // This is not an attempt: the first one is counted for the address.
  expect(due.rows).toEqual([{ state: 'due', reason: 'quiet_hours', end: rows[0]?.end, isLater: true, attempts: 0 }])
})

test('of two reminders that are due at once, only the later one is sent', async ({ database }) => {
  const [early = ''] = await dueMessages(database, 1, { minutes_before: '720' })
  await someMessageSettings(database, clinicNoOf(early), { reminder_minutes: [1440, 720, 60] })
  const add = (minutesBefore: number, channel: string, dueAt: string) =>
    database.ownerPool.query(
      `insert into holdfast.message
         (clinic_no, id, booking_id, version, slot_id, kind, channel, minutes_before, due_at)
       select clinic_no, $2, booking_id, version, slot_id, 'reminder', $3, $4, ${dueAt}
         from holdfast.message where id = $1`,
      [early, newId(clinicNoOf(early)), channel, minutesBefore],
    )
  await database.ownerPool.query(`update holdfast.message set kind = 'reminder' where id = $1`, [early])
  // None of these replaces it: one of another channel, one that is due later, and one that came first.
  await add(600, 'sms', 'now()')
  await add(60, 'email', `now() + interval '1 hour'`)
  await add(1440, 'email', `now() - interval '1 hour'`)
  const sent = async () => {
    await sendMessages(database, 'accepted')
    const { rows } = await database.ownerPool.query<{ minutes: number; state: string; reason: string | null }>(sql`
      select minutes_before as minutes, state, reason from holdfast.message
       where channel = 'email' and booking_id = (select booking_id from holdfast.message where id = ${early})
       order by minutes_before desc`)
    return rows
  }
  expect(await sent()).toEqual([
    { minutes: 1440, state: 'skipped', reason: 'replaced' },
    { minutes: 720, state: 'sent', reason: null },
    { minutes: 60, state: 'due', reason: null },
  ])
  // One that is tried again later replaces it too; one that has failed does not.
  const again = (minutes: number, columns: string) =>
    database.ownerPool.query(
      `update holdfast.message set ${columns}
        where channel = 'email' and minutes_before = $2
          and booking_id = (select booking_id from holdfast.message where id = $1)`,
      [early, minutes],
    )
  await again(720, `state = 'due', due_at = now(), done_at = null`)
  await again(60, `attempts = 1`)
  expect((await sent())[1]).toEqual({ minutes: 720, state: 'skipped', reason: 'replaced' })
  await again(720, `state = 'due', due_at = now(), done_at = null, reason = null`)
  await again(60, `state = 'failed', failure = 'unavailable', done_at = now()`)
  expect((await sent())[1]).toEqual({ minutes: 720, state: 'sent', reason: null })
})

test('a reminder that the clinic turned off since is skipped, and replaces none that is sent', async ({ database }) => {
  const [off = ''] = await dueMessages(database, 1, { minutes_before: '120' })
  const on = newId(clinicNoOf(off))
  await database.ownerPool.query(`update holdfast.message set kind = 'reminder' where id = $1`, [off])
  await database.ownerPool.query(sql`
    insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, minutes_before, due_at)
     select clinic_no, ${on}, booking_id, version, slot_id, 'reminder', 'email', 1440, now()
       from holdfast.message where id = ${off}`)
  await someMessageSettings(database, clinicNoOf(off), { reminder_minutes: [1440] })
  expect((await sendMessages(database, 'accepted')).mails.map(({ messageId }) => messageId)).toEqual([
    `<${on}@example.org>`,
  ])
  expect(await messagesWithIds(database, [off])).toMatchObject([{ state: 'skipped', reason: 'reminder_off' }])
  // The clinic's people send it again: they want this one.
  await database.ownerPool.query(sql`update holdfast.message
        set state = 'due', done_at = null, reason = null, due_at = now(), by_clinic = true, sent_again_at = now()
      where id = ${off}`)
  expect((await sendMessages(database, 'accepted')).mails).toHaveLength(1)
})

test('the messages of one clinic do not delay those of others', async ({ database }) => {
  await dueMessages(database, 30, { due_at: `now() - interval '1 hour'` })
  const [other] = await dueMessages(database, 1)
  const taken = await takeDueMessages(database.appPool, { channel: 'email', limit: 10, seconds: 60 })
  expect(taken).toHaveLength(10)
  expect(taken.map(({ id }) => id)).toContain(other)
})
