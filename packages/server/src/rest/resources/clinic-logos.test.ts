import { randomUUID } from 'node:crypto'
import { aClinic, aPng, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

async function aDesk(database: TestDatabase, rest: RestApp) {
  const name = `Riverside ${randomUUID()}`
  const clinic = await aClinic(database, { name })
  const as = await rest.aMember(clinic.no, 'admin')
  const path = { clinicId: clinic.id }
  const set = (file: Buffer) => rest.call('setClinicLogo', { path, as, body: { image: file.toString('base64') } })
  const logo = async () => (await rest.call('getClinic', { path })).body.logo
  const read = (headers: Record<string, string> = {}, query: Record<string, string> = {}) =>
    rest.call('getClinicLogo', { path, headers, query })
  return { clinic, name, as, path, set, logo, read }
}

test('a logo is set, replaced and removed; the clinic names it, and everybody reads it', async ({ database, rest }) => {
  const { clinic, name, as, path, set, logo, read } = await aDesk(database, rest)
  expect(await logo()).toBeNull()
  expect((await read()).problem).toMatchObject({ status: 404, code: 'clinic_logo_not_found' })
  expect((await set(aPng({ width: 60, height: 20 }, ['Ada']))).status).toBe(204)
  expect((await set(aPng({ width: 60, height: 20 }))).status).toBe(204)
  const first = await logo()
  expect(first).toMatchObject({ width: 60, height: 20 })
  expect(first?.url).toMatch(new RegExp(`^/api/v1/clinics/${clinic.id}/logo\\?version=[\\w-]{43}$`))
  const response = await rest.app.inject(first?.url ?? '')
  expect(response).toMatchObject({ statusCode: 200, rawPayload: aPng({ width: 60, height: 20 }) })
  expect(response.headers['content-type']).toBe('image/png')
  await set(aPng())
  expect(await logo()).toMatchObject({ width: 8, height: 8 })
  expect((await logo())?.url).not.toBe(first?.url)
  expect((await rest.call('listClinics', { query: { q: name } })).body.items[0]?.logo).toEqual(await logo())
  for (let times = 0; times < 2; times += 1) {
    expect((await rest.call('deleteClinicLogo', { path, as })).status).toBe(204)
  }
  expect(await logo()).toBeNull()
  const recorded = rest.audited.filter(({ clinicNo }) => clinicNo === clinic.no)
  expect(recorded.map(({ kind, details }) => [kind, details])).toEqual([
    ['clinic_changed', ['logo']],
    ['clinic_changed', ['logo']],
    ['clinic_changed', ['logo']],
    ['clinic_changed', ['logo removed']],
    ['clinic_changed', ['logo removed']],
  ])
})

test('its URL may be cached for good; without the version it is checked each time', async ({ database, rest }) => {
  const { set, logo, read } = await aDesk(database, rest)
  await set(aPng())
  const version = new URL((await logo())?.url ?? '', 'http://localhost').searchParams.get('version') ?? ''
  const cacheControl = async (query: Record<string, string>) => (await read({}, query)).headers['cache-control']
  expect(await cacheControl({ version })).toBe('public, max-age=31536000, immutable')
  expect(await cacheControl({})).toBe('no-cache')
  // The address is of a former logo: whatever is here now must not be stored under it.
  expect(await cacheControl({ version: 'a former one' })).toBe('no-cache')
  const etag = `"${version}"`
  expect((await read()).headers.etag).toBe(etag)
  expect((await read({ 'if-none-match': etag })).status).toBe(304)
  await set(aPng({ width: 9 }))
  expect((await read({ 'if-none-match': etag })).status).toBe(200)
})

test('what is no image of the right size is refused, and the logo stays', async ({ database, rest }) => {
  const { as, path, set, logo } = await aDesk(database, rest)
  await set(aPng())
  const before = await logo()
  const messageOf = async (file: Buffer) => {
    const { problem } = await set(file)
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
    return problem.errors?.[0]
  }
  expect(await messageOf(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toEqual({
    path: '/image',
    message: 'must be a PNG, JPEG or WebP image',
  })
  expect((await messageOf(aPng({ width: 1201, height: 1 })))?.message).toContain('1201 × 1 pixels')
  expect((await messageOf(aPng().subarray(0, 40)))?.message).toContain('not complete')
  const tooLarge = await messageOf(Buffer.alloc(204_802))
  expect(tooLarge?.path).toBe('/image')
  for (const image of ['', 'no base64!', 'data:image/png;base64,AAAA', 1]) {
    expect((await rest.call('setClinicLogo', { path, as, body: { image } })).problem.status).toBe(400)
  }
  expect(await logo()).toEqual(before)
})
