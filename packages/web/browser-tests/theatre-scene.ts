import type { Case, NewCase, NewCaseRequest } from '@holdfast/contract/client'
import type { Locator, Page } from 'playwright-core'
import { dataOf } from './a-practice.ts'
import { aClinicScene, type ClinicScene, noonZone } from './clinic-scene.ts'
import { type Site, untilRead } from './harness.ts'

type Theatre = { scene: ClinicScene; clinicId: string; roomIds: string[]; chenId: string; robotId: string }

/** A clinic with two rooms, a surgeon and a robot, in a zone in which it is about noon. */
export async function aTheatre(site: Site): Promise<Theatre> {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const clinicId = scene.clinic.id
  const path = { clinicId }
  const roomIds: string[] = []
  for (const name of ['Room 1', 'Room 2']) {
    roomIds.push((await dataOf(site.admin.createRoom({ path, body: { name, turnoverMinutes: 10 } }))).id)
  }
  const chen = await dataOf(site.admin.createTheatreStaff({ path, body: { name: 'Dr. Chen', profession: 'surgeon' } }))
  const robot = await dataOf(site.admin.createEquipment({ path, body: { name: 'Robot', units: 1 } }))
  return { scene, clinicId, roomIds, chenId: chen.id, robotId: robot.id }
}

const minuteMs = 60_000
/** The time in so many minutes, at a full five minutes. */
export const inMinutes = (minutes: number) =>
  new Date(Math.ceil((Date.now() + minutes * minuteMs) / (5 * minuteMs)) * 5 * minuteMs).toISOString()

export function aCase(site: Site, theatre: Theatre, change: Partial<NewCase>): Promise<Case> {
  const { clinicId, roomIds, chenId } = theatre
  return dataOf(
    site.admin.createCase({
      body: {
        clinicId,
        roomId: roomIds[0] ?? '',
        startsAt: inMinutes(60),
        minutes: 60,
        surgeonId: chenId,
        patient: { mrn: crypto.randomUUID(), name: 'Carl Coming' },
        service: 'Urology',
        procedure: { code: 'U1', display: 'Prostatectomy' },
        confirm: true,
        ...change,
      },
    }),
  )
}

/** A request on the waitlist, with a surgeon. */
export async function aRequest(site: Site, theatre: Theatre, change: Partial<NewCaseRequest>): Promise<string> {
  const body = {
    patient: { mrn: crypto.randomUUID(), name: 'Walter Wait' },
    service: 'Urology',
    procedure: { code: 'C1', display: 'Cystoscopy' },
    minutes: 30,
    surgeonId: theatre.chenId,
    ...change,
  }
  return (await dataOf(site.admin.createCaseRequest({ path: { clinicId: theatre.clinicId }, body }))).id
}

export async function openBoard(theatre: Theatre, who: 'staff' | 'doctor' | 'admin', options = {}): Promise<Page> {
  const page = await theatre.scene.open(who, `/clinic/${theatre.clinicId}/theatre`, options)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await untilRead(page)
  return page
}

export const rowOf = (page: Page, room: string) => page.getByRole('region', { name: room, exact: true })

type Target = { to: Locator; row?: Locator; pixels?: number }

/** Drags a case by the mouse to where `to` begins or so many pixels later, in its own row or in that of `row`. */
export async function dragCase(page: Page, one: Locator, { to, row = one, pixels = 0 }: Target): Promise<void> {
  // It waits until nothing is above the case: a dialog that has closed leaves its shade a moment longer.
  await one.hover({ position: { x: 15, y: 20 } })
  const [from, target, across] = [await one.boundingBox(), await to.boundingBox(), await row.boundingBox()]
  if (from === null || target === null || across === null) throw new Error('The cases are not shown.')
  await page.mouse.down()
  await page.mouse.move(from.x + 40, across.y + 30, { steps: 4 })
  await page.mouse.move(target.x + 15 + pixels, across.y + 30, { steps: 4 })
  await page.mouse.up()
}
