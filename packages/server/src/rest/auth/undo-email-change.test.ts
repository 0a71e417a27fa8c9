// Rest: each way to take the change of an address back
import { createHash, randomUUID } from 'node:crypto'
import { aClinic, aMember, rolledBack, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, expect, test } from 'vitest'
import { anAddress, emailSteps, links } from '../../../test/email-steps.ts'
import { openTestAccounts } from '../../../test/open-test-accounts.ts'
import { call, signUp } from '../../../test/running-server.ts'
import { accountPassword as password, post } from '../../../test/second-factor-steps.ts'

const steps = await emailSteps()
afterAll(() => steps.end())
const {
  server,
  mailsTo,
  arrived,
  tokenTo,
  age,
  verify,
  change,
  aPerson,
  statusOf,
  aConfirmedPerson,
  moveOn,
  untilProcessed,
  withNewPassword,
} = steps

test('the earlier address gets a link that takes the change back; nobody else can use it meanwhile', async () => {
  const person = await aConfirmedPerson()
  const [newEmail, stranger] = [anAddress(), await aConfirmedPerson()]
  await change(newEmail, person.token)
  await verify(await tokenTo(newEmail), person.token)
  const undoToken = await tokenTo(person.email, 'undo')
  const taken = { email: person.email, password: 'another password' }
  expect((await post(server.url, 'sign-up/email', { name: 'Eve', ...taken })).body).toEqual({ status: true })
  expect((await post(server.url, 'sign-in/email', taken)).status).toBe(401)
  expect((await change(person.email, stranger.token)).status).toBe(200)

  const undo = () => post(server.url, 'undo-email-change', { token: undoToken })
  expect((await undo()).status).toBe(200)
  expect((await call(`${server.url}/api/v1/me`, { bearer: person.token })).status).toBe(401)
  expect((await post(server.url, 'sign-in/email', { email: person.email, password })).status).toBe(401)
  const again = await withNewPassword(person.email)
  expect(await statusOf(again)).toMatchObject({ email: person.email, isConfirmed: true })
  expect((await undo()).body.code).toBe('link_used')
  expect(mailsTo(person.email, links.confirm)).toHaveLength(1)
})

test('an address that is left at the same moment is reserved for the account that had it', async () => {
  const person = await aConfirmedPerson()
  const insert = `insert into auth."user" (email, name, "emailVerified", "createdAt", "updatedAt")
                  values ($1, 'Eve', false, now(), now())`
  await rolledBack(server.database.ownerPool, async (leaving) => {
    await leaving.query('update auth."user" set email = $2 where id = $1', [person.id, anAddress()])
    await leaving.query(sql`insert into auth."emailLink" ("userId", "tokenHash", email, purpose, "sentAt", "expiresAt")
        values (${person.id}, ${randomUUID()}, ${person.email}, 'undo', now(), now() + interval '3 days')`)
    const signingUp = server.database.appPool.query(insert, [person.email])
    const outcome = signingUp.then(
      () => 'done',
      (error: unknown) => error,
    )
    await until(
      async () =>
        (
          await server.database.ownerPool.query(`
            select from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into auth."user"%'
             and pid <> pg_backend_pid() and datname = current_database()`)
        ).rows[0],
      'the sign-up to wait',
    )
    await leaving.query('commit')
    expect(await outcome).toMatchObject({ code: '23505', message: expect.stringContaining('reserved') })
  })
  // The account itself takes it back.
  await server.database.ownerPool.query('update auth."user" set email = $2 where id = $1', [person.id, person.email])
})

test.each([
  { who: 'of a patient', role: null, kept: [] },
  { who: "of a clinic's person", role: 'staff' as const, kept: ['old'] },
])('taking a change back removes what a thief added: passkeys $who, and calendar feeds', async ({ role, kept }) => {
  const person = await aConfirmedPerson()
  const clinic = await aClinic(server.database)
  if (role !== null) await aMember(server.database, clinic, { role, accountId: person.id })
  await moveOn(person)
  const owner = await tokenTo(person.email, 'undo')
  for (const [name, days] of [
    ['old', 30],
    ['stolen', 1],
  ] as const) {
    await server.database.ownerPool.query(sql`
      insert into auth.passkey ("userId", name, "credentialId", "publicKey", counter, transports, "createdAt")
       values (${person.id}, ${name}, ${randomUUID()}, 'key', 0, '[]', now() - make_interval(days => ${days}))`)
  }
  const bearer = person.token
  expect((await call(`${server.url}/api/v1/me/calendar-feed`, { method: 'POST', body: {}, bearer })).status).toBe(201)
  expect((await post(server.url, 'undo-email-change', { token: owner })).status).toBe(200)
  const left = await server.database.ownerPool.query(
    `select (select coalesce(array_agg(name), '{}') from auth.passkey where "userId" = $1) as passkeys,
            (select count(*)::int from holdfast.calendar_feed where created_by = $1) as feeds`,
    [person.id],
  )
  expect(left.rows).toEqual([{ passkeys: kept, feeds: 0 }])
})

test('a second change gives the address between no link, and the first address takes the account back', async () => {
  const person = await aConfirmedPerson()
  await aMember(server.database, await aClinic(server.database), { role: 'staff', accountId: person.id })
  const between = await moveOn(person)
  const owner = await tokenTo(person.email, 'undo')
  await moveOn(person)
  const notice = await arrived(between, /had this address now has another one/)
  expect(notice.text).not.toMatch(links.undo)
  expect(notice.text).toContain('the address that the account had before this one takes it back')
  expect((await post(server.url, 'undo-email-change', { token: owner })).status).toBe(200)
  expect(await statusOf(await withNewPassword(person.email))).toMatchObject({ email: person.email })
})

test.each([
  {
    what: 'a later change gives the first address as long again to take the account back',
    isChanged: true,
    status: 200,
  },
  { what: 'without one, it has three days (the control)', isChanged: false, status: 422 },
])('$what', async ({ isChanged, status }) => {
  const person = await aConfirmedPerson()
  await moveOn(person)
  const owner = await tokenTo(person.email, 'undo')
  // The second change comes minutes before the end of the first link.
  await age(person.id, 72 * 60 - 20)
  if (isChanged) await moveOn(person)
  await age(person.id, 60 * 71)
  expect((await post(server.url, 'undo-email-change', { token: owner })).status).toBe(status)
  if (isChanged) expect(await statusOf(await withNewPassword(person.email))).toMatchObject({ email: person.email })
})

test.each([
  { which: 'a later link voids none of an earlier change', minutes: -1, first: 200 },
  { which: 'a link voids those of later changes', minutes: 1, first: 422 },
])('$which, however many there are', async ({ minutes, first }) => {
  const person = await aConfirmedPerson()
  await moveOn(person)
  const owner = await tokenTo(person.email, 'undo')
  const other = randomUUID().replaceAll('-', '')
  // An earlier release gave one to each address.
  await server.database.ownerPool.query(
    `insert into auth."emailLink" ("userId", "tokenHash", email, purpose, "sentAt", "expiresAt")
     select "userId", $2, $3, 'undo', "sentAt" - make_interval(mins => $4), "expiresAt" from auth."emailLink"
      where "userId" = $1 and purpose = 'undo'`,
    [person.id, createHash('sha256').update(`email-link:${other}`).digest('base64url'), anAddress(), minutes],
  )
  expect((await post(server.url, 'undo-email-change', { token: other })).status).toBe(200)
  expect((await post(server.url, 'undo-email-change', { token: owner })).status).toBe(first)
})

test('a link that does not take an address back any more leaves a trace, and the account that it was for', async () => {
  const person = await aConfirmedPerson()
  await moveOn(person)
  const owner = await tokenTo(person.email, 'undo')
  const traces = async () => {
    const { rows } = await server.database.ownerPool.query<{ known: number; unknown: number }>(sql`
      select (count(*) filter (where subject_id = ${person.id}))::int as known,
            (count(*) filter (where subject_id is null))::int as unknown
       from holdfast.audit_event where kind = 'email_change_undo_failed'`)
    return { known: rows[0]?.known, hasUnknown: (rows[0]?.unknown ?? 0) > 0 }
  }
  expect((await post(server.url, 'undo-email-change', { token: 'x'.repeat(32) })).body.code).toBe('link_used')
  await age(person.id, 73 * 60)
  expect((await post(server.url, 'undo-email-change', { token: owner })).body.code).toBe('link_used')
  await expect.poll(traces).toEqual({ known: 1, hasUnknown: true })
})

test('an older account can be taken back by an address that it never confirmed', async () => {
  const person = await aPerson()
  await tokenTo(person.email)
  const older = `update auth."user" set "createdAt" = now() - interval '2 days' where id = $1`
  await server.database.ownerPool.query(older, [person.id])
  await moveOn(person)
  const owner = await tokenTo(person.email, 'undo')
  expect((await post(server.url, 'undo-email-change', { token: owner })).status).toBe(200)
  expect(await statusOf(await withNewPassword(person.email))).toMatchObject({ email: person.email })
})

test('the address of a new account that was never confirmed is notified, and cannot take the account', async () => {
  const person = await aPerson()
  await tokenTo(person.email)
  await age(person.id, 10)
  const newEmail = anAddress()
  await change(newEmail, person.token)
  await verify(await tokenTo(newEmail), person.token)
  const notice = await arrived(person.email, /had this address now has another one/)
  expect(notice.text).not.toMatch(links.undo)
})

test('an address that nobody proves gets five mails in a day, then the first one of each further account', async () => {
  const email = anAddress()
  for (let round = 1; round <= 4; round += 1) {
    const person = { email, ...(await signUp(server.url, email, password)) }
    await untilProcessed()
    await moveOn(person)
  }
  await untilProcessed()
  // Two in the first and second round, and one in each of the others.
  expect(mailsTo(email)).toHaveLength(6)
})

/** A stranger's account that was created with the address a day ago, and has left it twice. */
async function aStrangerWhoLeft() {
  const person = await aPerson()
  await arrived(person.email)
  await server.database.ownerPool.query(sql`update auth."user" set "createdAt" = "createdAt" - interval '25 hours'
      where id = ${person.id}`)
  await age(person.id, 60)
  await moveOn(person)
  await arrived(person.email, links.undo)
  return person
}

async function reservedHours(accountId: string): Promise<number> {
  const { rows } = await server.database.ownerPool.query<{ hours: number }>(sql`
    select ceil(extract(epoch from max("expiresAt") - now()) / 3600)::integer as hours
     from auth."emailLink" where "userId" = ${accountId} and purpose = 'undo'`)
  return rows[0]?.hours ?? 0
}

test('an address that nobody has proven is reserved once, and one that was proven as often as it changes', async () => {
  const [stranger, owner] = [await aStrangerWhoLeft(), await aConfirmedPerson()]
  await moveOn(owner)
  for (const [{ id, email, token }, hours] of [
    [stranger, 72 - 48],
    [owner, 72],
  ] as const) {
    expect(await reservedHours(id)).toBe(72)
    await age(id, 48 * 60)
    await moveOn({ id, email, token })
    expect(await reservedHours(id)).toBeLessThanOrEqual(hours)
    expect(await reservedHours(id)).toBeGreaterThan(hours - 2)
  }
})

test.each([
  { how: 'signs up with', act: (email: string) => signUp(server.url, email, password).catch(() => undefined) },
  { how: 'asks for a new password of', act: (email: string) => post(server.url, 'request-password-reset', { email }) },
  { how: 'changes another account to', act: async (email: string) => change(email, (await aConfirmedPerson()).token) },
])('whoever $how a reserved address gets a mail, once a day, whose link takes it back', async ({ act }) => {
  const { email } = await aStrangerWhoLeft()
  await act(email)
  const undoToken = await tokenTo(email, 'undo', 2)
  await post(server.url, 'request-password-reset', { email })
  await untilProcessed()
  expect(mailsTo(email, links.undo)).toHaveLength(2)
  expect((await post(server.url, 'undo-email-change', { token: undoToken })).status).toBe(200)
  expect(await statusOf(await withNewPassword(email))).toMatchObject({ email, isConfirmed: true })
})

test('whoever changes to a reserved address waits for nothing of the account that had it', async () => {
  const [stranger, other] = [await aStrangerWhoLeft(), await aConfirmedPerson()]
  const barrier = await server.database.ownerPool.connect()
  try {
    await barrier.query('begin')
    await barrier.query('select from auth."user" where id = $1 for no key update', [stranger.id])
    expect((await change(stranger.email, other.token)).status).toBe(200)
    expect(mailsTo(stranger.email, links.undo)).toHaveLength(1)
    await barrier.query('rollback')
    expect(await tokenTo(stranger.email, 'undo', 2)).not.toBe('')
  } finally {
    barrier.release()
  }
})

test('a notice to a reserved address that nobody has proven counts for the day only when it is sent', async () => {
  const { email } = await aStrangerWhoLeft()
  const { accounts, close } = await openTestAccounts(server.database)
  const sent: string[] = []
  const note = () =>
    accounts.noteReserved({ email, by: null }, async (_transaction, notice) => void sent.push(notice.email))
  const ofAddress = `account-mail ${createHash('sha256').update(email).digest('hex')}`
  const { ownerPool } = server.database
  await ownerPool.query(
    `insert into auth.verification (identifier, value, "expiresAt", "createdAt", "updatedAt")
     select $1, 'account of a stranger', now() + interval '1 day', now(), now() from generate_series(1, 30)`,
    [ofAddress],
  )
  await note()
  expect(sent).toEqual([])
  await ownerPool.query('delete from auth.verification where identifier = $1', [ofAddress])
  await note()
  await note()
  expect(sent).toEqual([email])
  await close()
})
