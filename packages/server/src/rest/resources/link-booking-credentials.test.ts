import { expect, test } from 'vitest'
import { aCalendar, book } from '../../../test/live-calendar.ts'
import { call, serverOfFile, signUp } from '../../../test/running-server.ts'

const server = await serverOfFile()

test('only an account’s credentials link: not a page of another origin, nor the token in their place', async () => {
  const { slot } = await aCalendar(server.database, [server.url])
  const { id, manageToken } = await book(server.url, slot)
  await signUp(server.url, 'keeper@example.org')
  const signedIn = await call(`${server.url}/api/auth/sign-in/email`, {
    method: 'POST',
    body: { email: 'keeper@example.org', password: 'a password of ten' },
  })
  const cookie = (signedIn.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  const session = String(signedIn.body.token)
  const link = (headers: Record<string, string>, body: object = { manageToken }) =>
    call(`${server.url}/api/v1/bookings/${id}/account`, { method: 'POST', body, headers })
  const mine = async () => (await call(`${server.url}/api/v1/me/bookings`, { bearer: session })).body.items

  const refusals = [
    await link({ cookie, origin: 'https://evil.example' }),
    await link({ cookie, origin: server.url, authorization: `Bearer ${manageToken}` }),
    await link({ authorization: `Bearer ${manageToken}` }),
    await link({ cookie: `${cookie}x`, origin: server.url }),
    await link({}),
  ]
  expect(refusals.map(({ body }) => body.code)).toEqual([
    'origin_forbidden',
    'unauthenticated',
    'unauthenticated',
    'unauthenticated',
    'unauthenticated',
  ])
  expect(await mine()).toEqual([])

  const linked = await link({ cookie, origin: server.url })
  expect([linked.status, linked.body.id]).toEqual([200, id])
  expect(await mine()).toMatchObject([{ id }])
  const { body } = await call(`${server.url}/api/auth/token`, { bearer: session })
  for (const bearer of [session, String(body.token)]) {
    const again = await link({ authorization: `Bearer ${bearer}` })
    expect([again.status, again.body]).toEqual([200, linked.body])
  }
  // Nor is it in the server's log, which might contain a refused body.
  await link({ authorization: `Bearer ${session}` }, { manageToken, more: true })
  expect(server.logText()).toContain('/account')
  expect(server.logText()).not.toContain(manageToken)
})
