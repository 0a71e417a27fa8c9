import { aClinic, aDoctor, aMember, anAccount, type BuiltClinic, type BuiltDoctor } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import type { Site } from './harness.ts'
import type { PageOptions } from './page-pool.ts'

type Account = { email: string; password: string }

/** A clinic with one doctor, and accounts of the people who work there, with their roles. */
export type ClinicScene = {
  clinic: BuiltClinic
  doctor: BuiltDoctor
  people: { admin: Account; staff: Account; doctor: Account; stranger: Account }
  /** A page in a new browser context, signed in as one of them. */
  pageOf(who: keyof ClinicScene['people'], options?: PageOptions): Promise<Page>
  /** The same, with what is at a path. */
  open(who: keyof ClinicScene['people'], path: string, options?: PageOptions): Promise<Page>
}

type SceneOptions = { clinic?: string; doctor?: string; timezone?: string }

export async function aClinicScene(site: Site, options: SceneOptions = {}): Promise<ClinicScene> {
  const clinic = await aClinic(site.database, {
    name: options.clinic ?? 'Hill Clinic',
    timezone: options.timezone ?? 'UTC',
  })
  const doctor = await aDoctor(site.database, clinic, {
    name: options.doctor ?? 'Dr Ada Lovelace',
    specialization: 'Cardiology',
  })
  const person = (name: string) => anAccount(site.database, { name })
  const people = {
    admin: await person('Alma'),
    staff: await person('Sam'),
    doctor: await person('Ada'),
    stranger: await person('Otto'),
  }
  await aMember(site.database, clinic, { role: 'admin', accountId: people.admin.id })
  await aMember(site.database, clinic, { role: 'staff', accountId: people.staff.id })
  await aMember(site.database, clinic, { role: 'doctor', doctorId: doctor.id, accountId: people.doctor.id })
  const scene: ClinicScene = {
    clinic,
    doctor,
    people,
    async pageOf(who, options) {
      const page = await site.newPage(options)
      await signInContext(site, page, people[who])
      return page
    },
    async open(who, path, options) {
      const page = await scene.pageOf(who, options)
      await page.goto(path)
      return page
    },
  }
  return scene
}

/** Makes somebody who has signed up a member, without an invitation. */
export async function giveRole(
  site: Site,
  clinic: Pick<BuiltClinic, 'no'>,
  { email }: Pick<Account, 'email'>,
  role: { role: 'doctor' | 'staff' | 'admin'; doctorId?: string },
): Promise<void> {
  const { rows } = await site.database.ownerPool.query<{ id: string }>('select id from auth."user" where email = $1', [
    email,
  ])
  const [account] = rows
  if (account === undefined) throw new Error(`${email} has not signed up.`)
  await aMember(site.database, clinic, { ...role, accountId: account.id })
}

/** A time zone in which it is about noon, so that tests about today are far from midnight. */
export function noonZone(): string {
  const behind = new Date().getUTCHours() - 12
  // In these names the sign says how far UTC is ahead.
  return behind === 0 ? 'Etc/GMT' : `Etc/GMT${behind > 0 ? '+' : ''}${behind}`
}

/** Signs a browser context in through the API; another test covers the form. */
export async function signInContext(site: Site, page: Page, { email, password }: Account): Promise<void> {
  const response = await page.context().request.post(`${site.url}/api/auth/sign-in/email`, {
    data: { email, password },
    headers: { origin: site.url },
  })
  if (!response.ok()) throw new Error(`${email} could not sign in: ${response.status()} ${await response.text()}`)
}
