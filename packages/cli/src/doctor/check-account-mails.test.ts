import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { checkAccountMails } from './check-account-mails.ts'

test('e-mails that wait are a warning after ten minutes; ones no longer valid are not', async ({ database }) => {
  const { ownerPool } = database
  const check = () => checkAccountMails(ownerPool)
  expect(await check()).toMatchObject({ state: 'ok', found: 'none is waiting' })
  const store = (age: string, validFor: string) =>
    ownerPool.query(sql`insert into holdfast.account_mail (id, kind, is_request, sealed, expires_at, created_at)
        select gen_random_uuid(), 'invitation', false, 'not to be shown', at + ${validFor}::interval, at
          from (select now() - ${age}::interval as at) created`)
  await store('9 minutes', '1 hour')
  expect(await check()).toMatchObject({ state: 'ok', found: '1 waiting' })
  await store('5 hours', '1 hour')
  expect(await check()).toMatchObject({ state: 'ok', found: '1 waiting' })
  await store('11 minutes', '1 hour')
  expect(await check()).toMatchObject({ state: 'warning', found: '2 waiting, the oldest for 11 minutes' })
  await store('3 hours', '1 day')
  const found = await check()
  expect(found).toMatchObject({ found: '3 waiting, the oldest for 3 hours', fix: expect.stringContaining('SMTP_URL') })
  expect(JSON.stringify(found)).not.toContain('not to be shown')
})
