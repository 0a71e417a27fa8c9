import { randomUUID } from 'node:crypto'
import { type CasePlan, clinicNoOf, type Engine, type NewCaseRequest, newId, type OnceResult } from '@holdfast/engine'
import type { Urgency } from '@holdfast/vocabulary'
import { demoHours } from './demo-hours.ts'
import { demoPatient } from './demo-patients.ts'

type TheatreEngine = Pick<Engine, 'theatre'>
type Procedure = { code: string; display: string; service: string; minutes: number }

const minuteMs = 60_000
const zone = 'Europe/London'
/** Cases begin at full five minutes: the first one half an hour ago, and others soon, whatever the time is. */
const stepMs = 5 * minuteMs
const begunForMs = 30 * minuteMs
/** When the last of today's cases, and the room's turnover, end: after the first one begins. */
const lastEndsAfterMinutes = 250

const procedures = {
  hernia: { code: 'T20', display: 'Inguinal hernia repair', service: 'General surgery', minutes: 60 },
  gallbladder: { code: 'J18', display: 'Laparoscopic cholecystectomy', service: 'General surgery', minutes: 90 },
  knee: { code: 'W82', display: 'Knee arthroscopy', service: 'Orthopaedics', minutes: 45 },
  hip: { code: 'W37', display: 'Hip replacement', service: 'Orthopaedics', minutes: 120 },
  prostate: { code: 'M61', display: 'Robotic prostatectomy', service: 'Urology', minutes: 150 },
  cystoscopy: { code: 'M45', display: 'Cystoscopy', service: 'Urology', minutes: 30 },
  cataract: { code: 'C75', display: 'Cataract surgery', service: 'Ophthalmology', minutes: 30 },
} satisfies Record<string, Procedure>

const weekdays = [1, 2, 3, 4, 5, 6, 7]

/**
 * A small operating theatre by the engine's own functions: three rooms, people, a robot, blocks, eight cases of which
 * one is running late and one is at risk, and a waitlist.
 */
export async function createDemoTheatre({ theatre }: TheatreEngine, clinicId: string, now: Date): Promise<void> {
  const demo = new DemoTheatre(theatre, clinicNoOf(clinicId))
  const [first, second, third] = [
    await demo.room('Theatre 1'),
    await demo.room('Theatre 2'),
    await demo.room('Theatre 3'),
  ]
  const robot = await demo.equipment('Surgical robot', 1, 20)
  const arm = await demo.equipment('C-arm', 2, 10)
  const [lindgren, achebe, moreau] = [
    await demo.person('Mr Erik Lindgren', 'surgeon'),
    await demo.person('Ms Ngozi Achebe', 'surgeon'),
    await demo.person('Ms Claire Moreau', 'surgeon'),
  ]
  const [anaesthetistOne, anaesthetistTwo] = [
    await demo.person('Dr Paul Sandoval', 'anaesthetist'),
    await demo.person('Dr Mei Tan', 'anaesthetist'),
  ]
  const nurse = await demo.person('Jo Fletcher', 'nurse')
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(zone).toPlainDate()
  await demo.blocks(first, 'General surgery', today)
  await demo.blocks(second, 'Orthopaedics', today)
  await demo.blocks(third, 'Urology', today)

  const firstAt = Math.floor((now.getTime() - begunForMs) / stepMs) * stepMs
  const at = (minutes: number) => new Date(firstAt + minutes * minuteMs)
  const { gallbladder, hernia, knee, hip, prostate, cystoscopy, cataract } = procedures
  const generalTeam = { surgeonId: lindgren, anaesthetistId: anaesthetistOne, staffIds: [nurse] }
  const orthopaedicTeam = { surgeonId: achebe, anaesthetistId: anaesthetistTwo }
  const running = await demo.book(gallbladder, { roomId: first, startsAt: at(0), ...generalTeam })
  await demo.book(hernia, { roomId: first, startsAt: at(105), ...generalTeam })
  await demo.book(knee, { roomId: second, startsAt: at(45), ...orthopaedicTeam })
  await demo.book(hip, {
    roomId: second,
    startsAt: at(110),
    ...orthopaedicTeam,
    equipment: [{ equipmentId: arm, units: 1 }],
  })
  await demo.book(prostate, {
    roomId: third,
    startsAt: at(40),
    surgeonId: moreau,
    equipment: [{ equipmentId: robot, units: 1 }],
  })
  await demo.book(cystoscopy, { roomId: third, startsAt: at(205), surgeonId: moreau })
  const tomorrow = (time: string) =>
    new Date(today.add({ days: 1 }).toZonedDateTime({ timeZone: zone, plainTime: time }).epochMilliseconds)
  await demo.book(hip, { roomId: second, startsAt: tomorrow('08:30'), ...orthopaedicTeam })
  await demo.book(hernia, { roomId: first, startsAt: tomorrow('09:00'), ...generalTeam })
  // Afterwards, because the cases of today are booked whatever the time is.
  const hours = demoHours(at(0), at(lastEndsAfterMinutes), zone)
  for (const roomId of [first, second, third]) await theatre.updateRoom(roomId, { hours })
  await demo.run(running, at(0), at(gallbladder.minutes + 40))

  const dueOn = (days: number) => today.add({ days }).toString()
  await demo.wait(prostate, 'expedited', { dueOn: dueOn(5), surgeonId: moreau, robot })
  await demo.wait(knee, 'elective', { dueOn: dueOn(20), surgeonId: achebe })
  await demo.wait(cataract, 'elective', { dueOn: null, surgeonId: null })
}

class DemoTheatre {
  readonly #theatre: Engine['theatre']
  readonly #clinicNo: number
  #patientNo = 0

  constructor(theatre: Engine['theatre'], clinicNo: number) {
    this.#theatre = theatre
    this.#clinicNo = clinicNo
  }

  async room(name: string): Promise<string> {
    const room = { name, site: null, turnoverMinutes: 15, hours: null }
    return created(await this.#theatre.createRoom(this.#clinicNo, room, null)).id
  }

  async person(name: string, profession: 'surgeon' | 'anaesthetist' | 'nurse'): Promise<string> {
    const person = { name, profession, preferredEquipmentIds: [] }
    return created(await this.#theatre.createStaff(this.#clinicNo, person, null)).id
  }

  async equipment(name: string, units: number, reprocessingMinutes: number): Promise<string> {
    return created(await this.#theatre.createEquipment(this.#clinicNo, { name, units, reprocessingMinutes }, null)).id
  }

  /** Every day from tomorrow: today's hours may be over. */
  async blocks(roomId: string, service: string, today: Temporal.PlainDate): Promise<void> {
    const rule = {
      from: today.add({ days: 1 }).toString(),
      to: today.add({ days: 27 }).toString(),
      weekdays,
      weeksOfMonth: null,
      startTime: '08:00',
      endTime: '16:00',
      exceptDates: [],
    }
    const when = { rule, minutes: null }
    await this.#theatre.createBlocks({
      roomId,
      service,
      when,
      surgeonId: null,
      releaseDays: null,
      dryRun: false,
      actorId: null,
    })
  }

  /** @returns the id of the case; null if it did not fit */
  async book(
    { service, minutes, ...procedure }: Procedure,
    plan: Pick<CasePlan, 'roomId' | 'startsAt' | 'surgeonId'> & Partial<CasePlan>,
  ): Promise<string | null> {
    const caseId = newId(this.#clinicNo)
    const outcome = await this.#theatre.claimCase({
      anaesthetistId: null,
      staffIds: [],
      equipment: [],
      minutes,
      ...plan,
      caseId,
      service,
      procedure,
      patient: this.#patient(),
      urgency: 'elective',
      blockId: null,
      requestId: null,
      override: null,
      confirm: true,
      actorId: null,
      key: randomUUID(),
      requestHash: randomUUID(),
    })
    return outcome.kind === 'booked' ? caseId : null
  }

  /** The patient came into the room then, and it will take longer than planned. */
  async run(caseId: string | null, at: Date, expectedEndsAt: Date): Promise<void> {
    if (caseId === null) return
    const change = { caseId, actorId: null, key: null }
    for (const milestone of ['arrived', 'in_room'] as const) {
      await this.#theatre.recordMilestone({ ...change, milestone, at, isTrial: false })
    }
    await this.#theatre.extendCase({ ...change, expectedEndsAt })
  }

  async wait(
    { service, minutes, ...procedure }: Procedure,
    urgency: Urgency,
    { robot, ...wish }: Pick<NewCaseRequest, 'dueOn' | 'surgeonId'> & { robot?: string },
  ): Promise<void> {
    const request = {
      patient: this.#patient(),
      service,
      procedure,
      minutes,
      urgency,
      ...wish,
      roomId: null,
      anaesthetistId: null,
      staffIds: [],
      equipment: robot === undefined ? [] : [{ equipmentId: robot, units: 1 }],
      note: null,
      createdBy: null,
      mayChangePatient: true,
    }
    created(await this.#theatre.createCaseRequest(this.#clinicNo, request, null))
  }

  #patient() {
    this.#patientNo += 1
    return { mrn: `HS-${1_000 + this.#patientNo}`, name: demoPatient(300 + this.#patientNo).name, birthDate: null }
  }
}

function created<Value>(outcome: OnceResult<Value>): Value {
  if (outcome.kind === 'key_reused') throw new Error('A write without a key cannot reuse one.')
  return outcome.value
}
