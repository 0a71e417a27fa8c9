import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { createEngine } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import Fastify, { type FastifyInstance } from 'fastify'
import { expect } from 'vitest'
import { doctorTag } from '../cache/changes.ts'
import { ResponseCache } from '../cache/response-cache.ts'
import { errorHandler } from '../edge/errors/error-handler.ts'
import { notFound } from '../edge/errors/not-found.ts'
import { createPublicPages, type PublicPagesDeps } from './public-pages.ts'
import { siteRoutes } from './site-routes.ts'

const publicUrl = 'https://book.example.org'
/** Only one test is about pages that are sent without their data; a busy machine must not make the others so. */
const waitMsMax = 60_000
const html = `<!doctype html><html><head>
    <title>Holdfast</title>
    <meta name="description" content="Find a doctor." />
    <script>let a = 1</script></head><body><div id="root"></div></body></html>`

const test = databaseTest.extend('site', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-pages-'))
  await writeFile(join(directory, 'index.html'), html)
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const apps: FastifyInstance[] = []
  const siteOf = async (changed: Partial<PublicPagesDeps> = {}) => {
    const app = Fastify()
    app.setErrorHandler(errorHandler)
    await app.register(notFound)
    const deps = {
      ...engine,
      readsOf: async () => engine.reads,
      cache: new ResponseCache({ bytesMax: 1_000_000 }),
      publicUrl,
      waitMsMax,
      ...changed,
    }
    await app.register(siteRoutes, { directory, publicPages: createPublicPages(deps) })
    apps.push(app)
    return app
  }
  onCleanup(async () => {
    await Promise.all(apps.map((app) => app.close()))
    await engine.stop()
    await rm(directory, { recursive: true })
  })
  return { engine, siteOf, app: await siteOf() }
})

const schemaIn = (page: string) =>
  JSON.parse(/<script type="application\/ld\+json">(.*?)<\/script>/.exec(page)?.[1] ?? 'null')

test('the page of a doctor says who it is about, with the hours of the next days', async ({ database, site }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  await aSlot(database, doctor)
  await site.engine.directory.updateClinic(clinic.id, { name: 'Harbour Practice', phone: '+44 1632 960 471' })
  await site.engine.directory.updateDoctor(doctor.id, { name: 'Dr Ada Okafor', specialization: 'Dermatology' })
  const response = await site.app.inject({ url: `/doctors/${doctor.id}` })
  expect(response.statusCode).toBe(200)
  expect(response.body).toContain('<title>Dr Ada Okafor, Dermatology · Harbour Practice</title>')
  expect(response.body).toContain('content="Book an appointment online with Dr Ada Okafor (Dermatology) at Harbour')
  expect(response.body).toContain(`<link rel="canonical" href="${publicUrl}/doctors/${doctor.id}" />`)
  expect(response.body).toContain('id="root"')
  expect(response.body).not.toContain('<title>Holdfast</title>')
  expect(schemaIn(response.body)).toMatchObject({
    '@type': 'Physician',
    name: 'Dr Ada Okafor',
    medicalSpecialty: 'Dermatology',
    telephone: '+44 1632 960 471',
    parentOrganization: { '@type': 'MedicalClinic', name: 'Harbour Practice' },
    openingHoursSpecification: [{ opens: expect.stringMatching(/^\d\d:\d\d$/), dayOfWeek: expect.any(String) }],
  })
  expect(response.headers['content-security-policy']).toContain("script-src 'self' 'sha256-")
})

test('a page that has not changed is not sent again, and a change is seen', async ({ site, doctor }) => {
  const cache = new ResponseCache({ bytesMax: 1_000_000 })
  const app = await site.siteOf({ cache })
  const url = `/doctors/${doctor.id}`
  const first = await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } })
  expect(first.headers['content-encoding']).toBe('br')
  expect(brotliDecompressSync(first.rawPayload).toString()).toContain('application/ld+json')
  const headers = { 'if-none-match': String(first.headers.etag), 'accept-encoding': 'br' }
  const again = await app.inject({ url, headers })
  expect([again.statusCode, again.body, again.headers['content-encoding']]).toEqual([304, '', undefined])
  const plain = await app.inject({ url, headers: { 'accept-encoding': 'identity' } })
  expect(plain.body).toContain('application/ld+json')
  await site.engine.directory.updateDoctor(doctor.id, { name: 'Dr Newname' })
  cache.drop([{ tag: doctorTag(doctor.id) }])
  expect((await app.inject({ url, headers: { 'if-none-match': String(plain.headers.etag) } })).body).toContain(
    'Newname',
  )
})

test('a name cannot end an element or an attribute of the page', async ({ site, clinic, doctor }) => {
  const name = '</script><script>alert(1)</script>"&<b>'
  await site.engine.directory.updateDoctor(doctor.id, { name })
  await site.engine.directory.updateClinic(clinic.id, { name })
  for (const url of [`/doctors/${doctor.id}`, `/?clinicId=${clinic.id}`]) {
    const { body } = await site.app.inject({ url })
    expect(body).not.toContain('alert(1)</script>')
    expect(body).not.toContain('content="Book an appointment online at </')
    expect(schemaIn(body).name).toBe(name)
  }
})

test('the page of a clinic is found by its id, the list without a clinic stays', async ({ site, clinic }) => {
  await site.engine.directory.updateClinic(clinic.id, { name: 'Hill Clinic' })
  const { body } = await site.app.inject({ url: `/?clinicId=${clinic.id}` })
  expect(body).toContain('<title>Hill Clinic · Holdfast</title>')
  expect(schemaIn(body)).toMatchObject({ '@type': 'MedicalClinic', url: `${publicUrl}/?clinicId=${clinic.id}` })
  for (const url of ['/', '/?clinicId=x', '/?clinicId=a&clinicId=b'])
    expect((await site.app.inject({ url })).body).toBe(html)
})

test('an unknown doctor is 404 with the site’s page, and says nothing', async ({ site }) => {
  for (const id of ['x', '01a1fc91-8637-8000-8007-36704f1282c5']) {
    const response = await site.app.inject({ url: `/doctors/${id}` })
    expect([response.statusCode, response.body]).toEqual([404, html])
    expect(response.headers['cache-control']).toBe('no-store')
  }
})

test('search engines leave out the page of a doctor whose bookings are stopped', async ({ database, site, doctor }) => {
  await aSlot(database, doctor)
  // The cache has the tags that a change invalidates.
  const cache = new ResponseCache({ bytesMax: 1_000_000 })
  const app = await site.siteOf({ cache })
  const change = async (active: boolean) => {
    await site.engine.directory.updateDoctor(doctor.id, { name: 'Dr Ada Okafor', active })
    cache.drop([{ tag: doctorTag(doctor.id) }])
  }
  const read = () => app.inject({ url: `/doctors/${doctor.id}` })
  await change(true)
  const before = (await read()).body
  expect(schemaIn(before)).toMatchObject({ '@type': 'Physician', potentialAction: { '@type': 'ReserveAction' } })
  expect(before).not.toContain('noindex')
  await change(false)
  const stopped = await read()
  expect(stopped.statusCode).toBe(200)
  expect(stopped.body).toContain('<title>Dr Ada Okafor, ')
  expect(stopped.body).toContain('<meta name="robots" content="noindex" />')
  expect(stopped.body).toContain('id="root"')
  for (const word of ['ld+json', 'canonical', 'Book an appointment']) expect(stopped.body, word).not.toContain(word)
  await change(true)
  expect((await read()).body).toBe(before)
})

test('a doctor or clinic that does not exist is looked for once a minute', async ({ database, site }) => {
  // The doctor of this slot is of a clinic that exists.
  const { id } = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const looked: string[] = []
  const { directory } = site.engine
  const noting =
    <Found>(find: (wanted: string) => Promise<Found>) =>
    (wanted: string) => {
      looked.push(wanted)
      return find(wanted)
    }
  const counted = { ...directory, doctor: noting(directory.doctor), clinic: noting(directory.clinic) }
  const app = await site.siteOf({ directory: counted })
  for (let count = 0; count < 3; count += 1) {
    expect((await app.inject({ url: `/doctors/${id}` })).statusCode).toBe(404)
    // The id of a doctor is none of a clinic.
    expect((await app.inject({ url: `/?clinicId=${id}` })).body).toBe(html)
  }
  expect(looked).toEqual([id, id])
  const failing = { ...directory, doctor: noting(() => Promise.reject(new Error('no connection'))) }
  const broken = await site.siteOf({ directory: failing })
  for (let count = 0; count < 2; count += 1) {
    expect((await broken.inject({ url: `/doctors/${id}` })).statusCode).toBe(200)
  }
  // A failed read says nothing, so it is repeated.
  expect(looked).toHaveLength(4)
})

test('without the database, and beyond four reads at once, the page has no data', async ({ database, site }) => {
  const clinic = await aClinic(database)
  const doctors = await Promise.all(Array.from({ length: 6 }, () => aDoctor(database, clinic)))
  const reading: string[] = []
  const never = { ...site.engine.directory, doctor: (id: string) => new Promise<never>(() => reading.push(id)) }
  const waiting = await site.siteOf({ directory: never, waitMsMax: 100 })
  const responses = await Promise.all(doctors.map(({ id }) => waiting.inject({ url: `/doctors/${id}` })))
  expect(responses.map(({ statusCode, body }) => [statusCode, body])).toEqual(doctors.map(() => [200, html]))
  expect(reading).toHaveLength(4)
  const failing = { ...site.engine.directory, doctor: () => Promise.reject(new Error('no connection')) }
  const broken = await site.siteOf({ directory: failing })
  expect((await broken.inject({ url: `/doctors/${doctors[0]?.id}` })).statusCode).toBe(200)
})

test('the sitemap names every clinic and active doctor; robots.txt names the sitemap', async ({ database, site }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const hidden = await aDoctor(database, clinic, { active: false })
  const app = await site.siteOf()
  const response = await app.inject('/sitemap.xml')
  expect(response.headers['content-type']).toMatch(/^application\/xml/)
  expect(response.body).toContain(`<loc>${publicUrl}/doctors/${doctor.id}</loc>`)
  expect(response.body).toContain(`<loc>${publicUrl}/?clinicId=${clinic.id}</loc>`)
  expect(response.body).not.toContain(hidden.id)
  const again = await app.inject({ url: '/sitemap.xml', headers: { 'if-none-match': String(response.headers.etag) } })
  expect(again.statusCode).toBe(304)
  const robots = (await app.inject('/robots.txt')).body
  expect(robots).toContain(`Sitemap: ${publicUrl}/sitemap.xml`)
  for (const path of [
    '/ticket',
    '/confirm',
    '/leave-waitlist',
    '/offer',
    '/reminders',
    '/undo-email',
    '/waitlist-entry',
  ]) {
    expect(robots).toContain(`Disallow: ${path}\n`)
  }
})

test('without a public address there is no sitemap and no canonical address', async ({ site, doctor }) => {
  const app = await site.siteOf({ publicUrl: null })
  expect((await app.inject('/sitemap.xml')).statusCode).toBe(404)
  expect((await app.inject('/robots.txt')).body).not.toContain('Sitemap')
  const { body } = await app.inject(`/doctors/${doctor.id}`)
  expect(body).not.toMatch(/canonical|ld\+json/)
  expect(body).toContain('<title>Doctor')
})
