import { createEngine, takeBusyCalendarNotices } from '@holdfast/engine'
import { aClinic, aDoctor, aMember } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { runningServer } from '../../test/running-server.ts'
import { emailsOf } from '../accounts/emails/emails-of.ts'
import { type AccountMails, createAccountMails, sealedAccountMails } from '../messages/account-mails/account-mails.ts'
import { notifyDoctor } from './notify-doctor.ts'

const secrets = ['a secret of the tests']

test('the notice of a failing calendar is stored with the note that there was one, or with neither', async () => {
  const server = await runningServer()
  const { database } = server
  const pool = database.appPool
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const { rows: accounts } = await database.ownerPool.query<{ id: string; email: string }>(`
    select id::text, email from auth."user"`)
  const [account] = accounts
  await aMember(database, clinic, { role: 'admin', accountId: account?.id ?? '' })
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  await engine.busyCalendars.set({ clinicNo: clinic.no, doctorId: doctor.id, sealedUrl: 'sealed' })
  await database.ownerPool.query(`update holdfast.busy_calendar
      set failing_since = now() - interval '25 hours', reason = 'unreachable', problem = ''`)
  const state = async () => {
    const { rows } = await database.ownerPool.query<{ isNoted: boolean; sealed: string[] }>(`
      select b.notified_at is not null as "isNoted",
             (select coalesce(array_agg(sealed order by created_at), '{}') from holdfast.account_mail) as sealed
        from holdfast.busy_calendar b`)
    return rows[0]
  }
  const mails = createAccountMails({ pool, secrets, isAvailable: true })
  const notify = (over: Partial<AccountMails>) =>
    takeBusyCalendarNotices(pool, {
      limit: 10,
      notify: notifyDoctor({ mails: { ...mails, ...over }, site: 'https://book.example.org', emailsOf }),
      onError(error) {
        throw error
      },
    })
  // The process ends, or the database goes away, after the mail was stored and before the commit.
  const broken: AccountMails['store'] = async (...args) => {
    await mails.store(...args)
    throw new Error('The database is away.')
  }
  await expect(notify({ store: broken })).rejects.toThrow('is away')
  expect(await state()).toEqual({ isNoted: false, sealed: [] })
  await notify({})
  const stored = await state()
  expect(stored).toEqual({ isNoted: true, sealed: [expect.any(String)] })
  const mail = JSON.parse((await sealedAccountMails(secrets).open(stored?.sealed[0] ?? '')) ?? '')
  expect(mail).toMatchObject({ kind: 'busy_calendar_failing', to: { address: account?.email } })
  await notify({})
  expect((await state())?.sealed).toHaveLength(1)
  await database.ownerPool.query('update holdfast.busy_calendar set emptied_at = now()')
  await notify({})
  await notify({})
  const [, emptied = ''] = (await state())?.sealed ?? []
  expect((await state())?.sealed).toHaveLength(2)
  expect(JSON.parse((await sealedAccountMails(secrets).open(emptied)) ?? '')).toMatchObject({
    kind: 'busy_calendar_emptied',
    to: { address: account?.email },
  })
  await server.end()
})
