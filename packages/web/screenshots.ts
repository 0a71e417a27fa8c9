/**
 * `npm run screenshots`: every page at 1280 and 390 pixels, light and dark, as packages/web/screenshots/*.png, for
 * people to look at, and those of docs/images. With names (`npm run screenshots -- docs held`), only these. With
 * `--language=ar`, all in that language. Starts a separate Holdfast with a week of the demo clinic, and stops it again.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createHoldfastClient } from '@holdfast/contract/client'
import type { Page } from 'playwright-core'
import { launchChromium } from './browser-tests/chromium.ts'
import { createPatient } from './screenshot-patients.ts'
import { addVisitTypes } from './screenshot-visit-types.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const directory = join(root, 'packages/web/screenshots')
const ownDoctor = { name: 'Ngozi Okafor', email: 'doctor@example.org', password: 'correct horse battery' }
const administrator = { email: 'admin@example.org', password: 'correct horse battery' }
const {
  positionals: wanted,
  values: { language },
} = parseArgs({ allowPositionals: true, options: { language: { type: 'string' } } })
const widths = [1280, 390]
const schemes = ['light', 'dark'] as const
/** A text of the site, as `namespace:key`, in the language of the picture. */
type Texts = (key: string, values?: Record<string, string>) => string

type Shot = {
  name: string
  path: string
  as: 'guest' | 'administrator' | 'doctor'
  act?: (page: Page, t: Texts) => Promise<void>
  locale?: string
}

async function startDemo(): Promise<{ url: string; stop(): Promise<void> }> {
  const data = await mkdtemp(join(tmpdir(), 'holdfast-screenshots-'))
  const child = spawn('npm', ['start'], {
    cwd: root,
    env: {
      ...process.env,
      PORT: '0',
      HOLDFAST_DATA: data,
      HOLDFAST_DEMO: 'full',
      HOLDFAST_SECRET_FILE: join(data, 'secret'),
      HOLDFAST_RATE_LIMIT: 'off',
      HOLDFAST_ADMIN_EMAIL: administrator.email,
      HOLDFAST_ADMIN_PASSWORD: administrator.password,
      HOLDFAST_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    await rm(data, { recursive: true, force: true })
  }
  for await (const line of createInterface(child.stdout)) {
    const port = /^Holdfast is ready at http:\S+:(\d+)$/.exec(line)?.[1]
    if (port !== undefined) return { url: `http://localhost:${port}`, stop }
  }
  await stop()
  throw new Error('Holdfast ended before it was ready.')
}

/** Creates some bookings of one doctor, of which the first has a ticket. */
async function createBookings(url: string) {
  const guest = createHoldfastClient({ baseUrl: url })
  const signIn = async () => {
    const { data } = await guest.signIn({ body: administrator })
    if (typeof data?.token !== 'string') throw new Error('The administrator could not sign in.')
    return createHoldfastClient({ baseUrl: url, bearer: data.token })
  }
  const admin = await signIn()
  const { data: doctors } = await guest.listDoctors({ query: { limit: 100 } })
  const doctor = doctors?.items.find(({ name }) => name.includes('Okafor'))
  const clinicId = doctor?.clinicId
  if (doctor === undefined || clinicId === undefined) throw new Error('The demo clinic is not there.')
  const { email, password } = ownDoctor
  await guest.signUp({ body: ownDoctor })
  const { data: doctorSignedIn } = await guest.signIn({ body: { email, password } })
  const invite = async (email: string) => {
    const body = { email, role: 'doctor', doctorId: doctor.id } as const
    const { data: invitation } = await admin.createInvitation({ path: { clinicId: doctor.clinicId }, body })
    return new URL(invitation?.link ?? '').hash.slice(1)
  }
  const own = createHoldfastClient({ baseUrl: url, bearer: doctorSignedIn?.token ?? '' })
  await own.acceptInvitation({ body: { token: await invite(ownDoctor.email) } })
  const from = Temporal.Now.plainDateISO('Europe/London')
  const days = { from: from.toString(), to: from.add({ days: 6 }).toString() }
  const { data: slots } = await guest.listSlots({ path: { doctorId: doctor.id }, query: days })
  const names = [
    'Grace Hopper',
    'Ada Lovelace',
    'Edsger Dijkstra',
    'Barbara Liskov',
    'Alan Turing',
    'Katherine Johnson',
  ]
  const free = slots?.items.filter(({ available }) => available > 0) ?? []
  const busyDay = free[0]?.startsAt.slice(0, 10) ?? days.from
  const { data: held } = await guest.createBooking({
    body: { slotId: free[19]?.id ?? '', patient: { name: 'Margaret Hamilton', email: 'margaret@example.org' } },
  })
  // Any link opens the page; only one from an e-mail confirms.
  const confirmation = `/confirm#${held?.id}.${held?.manageToken}.hfc_${'x'.repeat(43)}`
  let ticket = ''
  let bookingId = ''
  for (const [index, name] of names.entries()) {
    const slotId = free[index * 3]?.id ?? ''
    const email = `${name.split(' ')[0]?.toLowerCase()}@example.org`
    const appointmentType = index % 3 === 0 ? 'video' : 'in_person'
    const { data } = await admin.createBooking({
      body: { slotId, patient: { name, email }, appointmentType, confirm: index !== 4 },
    })
    if (index === 2) await admin.arriveBooking({ path: { bookingId: data?.id ?? '' } })
    ticket ||= `/ticket#${data?.id}.${data?.manageToken}`
    bookingId ||= data?.id ?? ''
  }
  const { data: waiting } = await guest.createWaitlistEntry({
    body: {
      clinicId: doctor.clinicId,
      doctorId: doctor.id,
      from: days.from,
      to: days.to,
      timeFrom: '05:00',
      timeTo: '06:00',
      patient: { name: 'Margaret Hamilton', email: 'margaret@example.org' },
    },
  })
  await addVisitTypes(admin, doctor)
  const waitlistEntry = `/waitlist-entry#${waiting?.id}.${waiting?.manageToken}`
  const invitation = `/invitation#${await invite('grace@example.org')}`
  // With one clinic alone, patients have no choice of clinics. This one is created last, because most pages are shown
  // with one: by then, the sign-ins for the pages have ended the first session.
  const addOther = async () => {
    const { error } = await (await signIn()).createClinic({
      body: { name: 'Hill Road Clinic', timezone: 'Europe/London' },
    })
    if (error !== undefined) throw new Error(`There is no second clinic: ${JSON.stringify(error)}`)
  }
  let other: Promise<void> | undefined
  const addClinic = () => {
    other ??= addOther()
    return other
  }
  const patientPath = await createPatient(admin, clinicId, bookingId)
  const deskPaths = { 'clinic-patient': patientPath, 'clinic-booking': `/clinic/${clinicId}/bookings/${bookingId}` }
  const links = { ticket, invitation, confirmation, waitlistEntry, deskPaths }
  return { doctor, clinicId, days, busyDay, ...links, addClinic }
}

const clinicPaths = [
  ...['', '/day', '/bookings', '/book', '/doctors', '/times', '/closures', '/people', '/settings', '/proof'],
  ...['/patients', '/patients/new', '/messages', '/security-log', '/waitlist', '/waitlist/add', '/webhooks'],
  ...['/api-keys', '/visit-types', '/rooms', '/working-hours'],
  ...['/theatre', '/theatre/book', '/theatre/requests', '/theatre/blocks', '/theatre/setup', '/theatre/report'],
]

/** Every page with the state to show, after creating some bookings. */
async function shotsOf(url: string): Promise<Shot[]> {
  const scene = await createBookings(url)
  const { doctor, clinicId, days, busyDay, ticket, invitation, confirmation, waitlistEntry } = scene
  const times = `/doctors/${doctor.id}?from=${days.from}`
  const shot = (name: string, path: string, as: Shot['as'], act?: Shot['act']): Shot => ({
    name,
    path,
    as,
    ...(act ? { act } : {}),
  })
  return [
    shot('find-a-doctor', '/', 'guest'),
    shot('nobody-found', '/?q=nobody', 'guest'),
    shot('times', times, 'guest'),
    shot('held', times, 'guest', holdOne),
    shot('ticket', ticket, 'guest'),
    shot('cancel', ticket, 'guest', (page, t) =>
      page.getByRole('button', { name: t('ticket:cancel.start'), exact: true }).click(),
    ),
    shot('attend', ticket.replace('#', '?attend=true#'), 'guest'),
    { ...shot('attend-ar', ticket.replace('#', '?attend=true#'), 'guest'), locale: 'ar' },
    shot('sign-in', '/sign-in', 'guest'),
    shot('sign-up', '/sign-up', 'guest'),
    ...['forgot-password', 'reset-password', 'new-password', 'confirm-email', 'undo-email', 'reminders'].map((page) =>
      shot(page, `/${page}`, page === 'new-password' ? 'administrator' : 'guest'),
    ),
    ...['offer', 'leave-waitlist', 'find-waitlist-entry'].map((page) => shot(page, `/${page}`, 'guest')),
    shot('my-bookings-guest', '/my-bookings', 'guest'),
    shot('invitation', invitation, 'guest'),
    shot('invitation-signed-in', invitation, 'administrator'),
    shot('nowhere', '/nowhere', 'guest'),
    shot('confirm', confirmation, 'guest'),
    shot('find-booking', '/find-booking', 'guest'),
    shot('find-booking-advice', '/find-booking', 'guest', async (page) => {
      await page.locator('#find-reference').fill('004E81F2')
      await page.locator('#find-day').fill(days.to)
      await page.locator('button[type=submit]').click()
      await page.locator('#find-advice').waitFor()
    }),
    shot('join-waitlist', `/join-waitlist?doctorId=${doctor.id}`, 'guest'),
    shot('waitlist-entry', waitlistEntry, 'guest'),
    shot('my-waitlist', '/my-waitlist', 'administrator'),
    shot('proof', '/proof', 'guest'),
    shot('help', '/help', 'guest'),
    shot('help-patients-ar', '/help/patients-ar', 'guest'),
    { ...shot('find-a-doctor-ar', '/', 'guest'), locale: 'ar' },
    { ...shot('times-de', times, 'guest'), locale: 'de-DE' },
    ...['my-bookings', 'account'].map((name) => shot(name, `/${name}`, 'administrator')),
    shot('account-people', '/account/people', 'administrator'),
    shot('health', '/health', 'administrator', (page) => page.getByRole('table').first().waitFor()),
    { ...shot('account-ar', '/account', 'administrator'), locale: 'ar' },
    shot('account-app', '/account', 'administrator', openAppSetUp),
    shot('my-day', `/my-day?day=${busyDay}`, 'doctor'),
    { ...shot('my-day-de', `/my-day?day=${busyDay}`, 'doctor'), locale: 'de-DE' },
    shot('my-week', `/my-day/week?day=${days.to}`, 'doctor'),
    shot('my-times', '/my-day/times', 'doctor'),
    shot('my-video', '/my-day/video', 'doctor', (page, t) =>
      page.getByLabel(t('schedule:video.room')).fill('https://meet.example.org/{room}'),
    ),
    shot('my-times-preview', '/my-day/times', 'doctor', async (page, t) => {
      await page.getByRole('button', { name: t('schedule:rule.preview') }).click()
      await page.getByRole('table', { name: t('schedule:preview.caption') }).waitFor()
    }),
    { ...shot('my-week-ar', `/my-day/week?day=${days.to}`, 'doctor'), locale: 'ar' },
    shot('doctor-link', `/clinic/${clinicId}/doctors/${doctor.id}/link`, 'administrator'),
    shot('clinics', '/clinic?all=true', 'administrator'),
    shot('clinic-doctor-form', `/clinic/${clinicId}/doctors`, 'administrator', async (page, t) => {
      await page.getByRole('button', { name: t('admin:doctors.editOf', { name: doctor.name }) }).click()
      await page.getByRole('dialog').getByLabel(t('shell:appointmentType.video'), { exact: true }).check()
    }),
    shot('clinic-visit-type-form', `/clinic/${clinicId}/visit-types`, 'administrator', openVisitType),
    { ...shot('clinic-day-ar', `/clinic/${clinicId}/day?day=${busyDay}`, 'administrator'), locale: 'ar' },
    { ...shot('clinic-settings-de', `/clinic/${clinicId}/settings`, 'administrator'), locale: 'de-DE' },
    { ...shot('ticket-ar', ticket, 'guest'), locale: 'ar' },
    { ...shot('ticket-de', ticket, 'guest'), locale: 'de-DE' },
    shot('ticket-keep', ticket, 'doctor'),
    ...Object.entries(scene.deskPaths).map(([name, path]) => shot(name, path, 'administrator')),
    { ...shot('clinic-de', `/clinic/${clinicId}`, 'administrator'), locale: 'de-DE' },
    ...clinicPaths.map((path) =>
      shot(`clinic${path.replaceAll('/', '-')}`, `/clinic/${clinicId}${path}`, 'administrator'),
    ),
    shot('clinic-options', '/', 'guest', async (page, t) => {
      await scene.addClinic()
      await openClinicFilter(page, t)
    }),
  ]
}

async function holdOne(page: Page) {
  await page.locator('[data-slot]:not([aria-disabled])').nth(3).click()
  await page.locator('#held-title').waitFor()
}

async function openClinicFilter(page: Page, t: Texts) {
  await page.reload()
  await isLoaded(page)
  // On phones the filters are behind a button.
  const filters = page.getByRole('button', { name: t('doctors:filters.show'), exact: true })
  if (await filters.isVisible()) await filters.click()
  await page.getByRole('combobox', { name: t('doctors:filters.clinic') }).click()
  await page.getByRole('listbox').getByRole('option').first().waitFor()
}

async function openVisitType(page: Page, t: Texts) {
  await page.getByRole('button', { name: t('admin:doctors.editOf', { name: 'First visit' }) }).click()
  await page.getByRole('dialog').waitFor()
}

async function openAppSetUp(page: Page, t: Texts) {
  await page.getByRole('button', { name: t('account:totp.setUp'), exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(t('account:confirmPassword')).fill(administrator.password)
  await dialog.locator('button[type=submit]').click()
  await dialog.getByRole('img', { name: t('account:totp.qrCode') }).waitFor()
}

/** The pictures of the documentation, of what fits on a screen. */
const docsPictures = [
  { file: 'booking-page', as: 'guest', width: 1180, height: 760, path: '/doctors/DOCTOR' },
  { file: 'clinic-dashboard', as: 'administrator', width: 1180, height: 860, path: '/clinic/CLINIC' },
  // The waitlist is beside the board from here on.
  { file: 'theatre-board', as: 'administrator', width: 1280, height: 860, path: '/clinic/CLINIC/theatre' },
] as const

async function takeDocsPictures(url: string) {
  const { data: doctors } = await createHoldfastClient({ baseUrl: url }).listDoctors({ query: { q: 'Okafor' } })
  const doctor = doctors?.items[0]
  if (doctor === undefined) throw new Error('The demo clinic is not there.')
  for (const { file, as, width, height, path } of docsPictures) {
    const page = await openPage(url, { width, height }, 'light', as, 'en-GB')
    await page.goto(path.replace('DOCTOR', doctor.id).replace('CLINIC', doctor.clinicId))
    await isLoaded(page)
    await page.screenshot({ path: join(root, `docs/images/${file}.png`) })
    await page.context().close()
  }
}

async function openPage(
  url: string,
  viewport: { width: number; height: number },
  colorScheme: (typeof schemes)[number],
  as: Shot['as'],
  locale: string,
): Promise<Page> {
  const timezoneId = 'Europe/London'
  const settings = { baseURL: url, viewport, colorScheme, locale, timezoneId, reducedMotion: 'reduce' } as const
  const context = await browser.newContext(settings)
  if (as !== 'guest') {
    const { email, password } = as === 'doctor' ? ownDoctor : administrator
    await context.request.post('/api/auth/sign-in/email', { data: { email, password } })
  }
  return context.newPage()
}

async function show(page: Page, path: string, act: Shot['act'], t: Texts): Promise<void> {
  await page.goto(path)
  await isLoaded(page)
  await act?.(page, t)
  await isLoaded(page)
}

async function isLoaded(page: Page) {
  await page.locator('h1').first().waitFor()
  // Parts of a page that are loaded on demand begin their reads later: nothing may be added for a while.
  await page.waitForFunction(async () => {
    const isBusy = () => document.querySelector('[aria-busy="true"], .mantine-Skeleton-root') !== null
    const count = () => document.querySelectorAll('*').length
    const before = count()
    await new Promise((resolve) => setTimeout(resolve, 500))
    return !isBusy() && count() === before
  })
  await page.evaluate(async () => {
    await document.fonts.ready
    await Promise.all([...document.images].map((image) => image.decode().catch(() => undefined)))
  })
  for (const frame of page.frames()) await frame.waitForLoadState()
}

const catalogues = new Map<string, Record<string, unknown>>()

async function textsOf(locale: string): Promise<Texts> {
  const folder = join(root, 'packages/web/src/locales', new Intl.Locale(locale).language)
  for (const namespace of ['account', 'admin', 'doctors', 'schedule', 'shell', 'ticket']) {
    const key = `${locale} ${namespace}`
    if (!catalogues.has(key)) catalogues.set(key, JSON.parse(await readFile(join(folder, `${namespace}.json`), 'utf8')))
  }
  return (key, values = {}) => {
    const [namespace, path = ''] = key.split(':')
    let found: unknown = catalogues.get(`${locale} ${namespace}`)
    for (const part of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[part]
    if (typeof found !== 'string') throw new Error(`There is no text ${key}.`)
    return found.replaceAll(/{{(\w+)}}/g, (_, name) => values[name] ?? '')
  }
}

const { url, stop } = await startDemo()
const browser = await launchChromium()
try {
  const shots = await shotsOf(url)
  // This comes after the bookings and invitations of the shots, which end the first steps.
  if (wanted.length === 0 || wanted.includes('docs')) await takeDocsPictures(url)
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  for (const { name, path, as, act, locale: own } of shots) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const locale = language ?? own ?? 'en-GB'
    const texts = await textsOf(locale)
    for (const width of widths) {
      for (const colorScheme of schemes) {
        const page = await openPage(url, { width, height: width > 600 ? 900 : 844 }, colorScheme, as, locale)
        // One page that cannot be brought into its state must not cost all others.
        const failed = await show(page, path, act, texts).then(() => null, String)
        if (failed !== null) console.error(`${name}: ${failed.split('\n')[0]}`)
        await page.screenshot({ path: join(directory, `${name}-${width}-${colorScheme}.png`), fullPage: true })
        await page.context().close()
      }
    }
    console.log(name)
  }
} finally {
  await browser.close()
  await stop()
}
console.log(`The pictures are in ${directory}`)
