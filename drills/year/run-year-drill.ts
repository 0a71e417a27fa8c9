import { createReadHolidays } from '@holdfast/server/holidays'
import { type Job, jobs } from '@holdfast/server/jobs'
import { createLogger } from '@holdfast/server/logger'
import { type Random, randomOf } from '../chaos/chaos-random.ts'
import { withEnding } from '../cluster/ending.ts'
import { engineOf, openPractice, type Practice, timeZone } from './practice.ts'
import { type Counts, endOfDay, fallIll, type Scene, workOf } from './practice-day.ts'
import { PracticeMails } from './practice-mails.ts'
import { type Moment, openShiftedDatabase, type ShiftedDatabase } from './shifted-clock.ts'
import { checkAll, checkDay } from './year-checks.ts'

export type YearOptions = {
  days: number
  /** How far ahead patients book. */
  horizonDays: number
  seed: number
  /** Where the database is stored. */
  directory: string
  say(line: string): void
  /** Negative control: this job never runs. */
  without?: Job['name']
  /** Negative control: what is done before the check of the last day. */
  plant?: (moment: Moment, practice: Practice) => Promise<void>
}

export type YearResult = {
  seed: number
  /** Days that were checked. */
  days: number
  counts: Counts
  mails: number
  seconds: number
  /** Of the first day that had some, with this day. */
  failures: string[]
}

/** When something happens on a day of the practice, in local hours, and which shares of the day's work. */
const hours = { morning: 7, afternoon: 14, evening: 20 }
const shares = { morning: 0.6, afternoon: 0.4 }
const frequentJobs = new Set<Job['name']>(['sweep', 'messages'])
/** A doctor falls ill about so many times a year. */
const illnessesPerYear = 5
const failuresMax = 10

/**
 * Lets so many days pass at a practice of eight doctors, of which the clocks say that they pass: a PostgreSQL server,
 * the engine and the jobs work as always. Everything is checked at the end of each day, and recounted each week. It
 * ends on the first day on which something is wrong.
 */
export function runYearDrill(options: YearOptions): Promise<YearResult> {
  return withEnding(async (ending) => new Year(options, await openShiftedDatabase(options.directory, ending)).run())
}

class Year {
  readonly #options: YearOptions
  readonly #database: ShiftedDatabase
  readonly #random: Random
  readonly #mails = new PracticeMails()
  readonly #counts: Counts = {}

  constructor(options: YearOptions, database: ShiftedDatabase) {
    this.#options = options
    this.#database = database
    this.#random = randomOf(options.seed)
  }

  async run(): Promise<YearResult> {
    const { seed, days, say } = this.#options
    const beganAtMs = performance.now()
    // By the clock of this process, which an earlier run may have set forward.
    const now = Temporal.Instant.fromEpochMilliseconds(Date.now())
    const first = now.toZonedDateTimeISO(timeZone).toPlainDate().add({ days: 1 })
    say(`seed ${seed}: ${days} days from ${first}`)
    const opening = await this.#at(first, 6)
    const practice = await openPractice(opening, first, this.#options.horizonDays)
    await this.#acceptHolidays(opening, practice, first)
    let [passed, failures]: [number, string[]] = [0, []]
    while (passed < days && failures.length === 0) {
      const day = first.add({ days: passed })
      const found = await this.#passDay(practice, day, passed)
      failures = found.slice(0, failuresMax).map((failure) => `seed ${seed}, ${day}: ${failure}`)
      passed += 1
      if (passed % 10 === 0) say(`${day}: ${passed} days`)
    }
    const seconds = Math.round((performance.now() - beganAtMs) / 1_000)
    return { seed, days: passed, counts: this.#counts, mails: this.#mails.arrived.size, seconds, failures }
  }

  /** The hours from a day's morning to its evening. @returns what is wrong then */
  async #passDay(practice: Practice, day: Temporal.PlainDate, passed: number): Promise<string[]> {
    const busy = day.dayOfWeek === 7 ? 1 / 6 : 1
    await this.#during(practice, day, hours.morning, async (scene) => {
      for (const doctor of practice.doctors) {
        const isIll = passed > 0 && this.#random.below(365) < illnessesPerYear
        if (isIll) await fallIll(scene, doctor, day, this.#random.below(5) === 0 ? 7 : 1)
      }
      await this.#runJobs(scene.moment, () => true)
      await workOf(scene, busy * shares.morning)
    })
    await this.#during(practice, day, hours.afternoon, (scene) => workOf(scene, busy * shares.afternoon))
    const isLast = passed === this.#options.days - 1
    return this.#during(practice, day, hours.evening, async (scene) => {
      await endOfDay(scene)
      await this.#sendMails(scene.moment)
      if (isLast && this.#options.plant !== undefined) {
        await this.#options.plant(scene.moment, practice)
        await this.#sendMails(scene.moment)
      }
      const all = isLast || day.dayOfWeek === 7 ? await checkAll(scene) : []
      return [...(await checkDay(scene, this.#mails)), ...all]
    })
  }

  #at(day: Temporal.PlainDate, hour: number): Promise<Moment> {
    const at = day.toZonedDateTime({ timeZone, plainTime: { hour } })
    return this.#database.setTo(new Date(at.epochMilliseconds))
  }

  async #during<Result>(
    practice: Practice,
    day: Temporal.PlainDate,
    hour: number,
    work: (scene: Scene) => Promise<Result>,
  ): Promise<Result> {
    const moment = await this.#at(day, hour)
    const engine = engineOf(moment)
    const plan = () => this.#mails.plan(moment)
    const result = await work({ practice, random: this.#random, counts: this.#counts, moment, engine, plan })
    await engine.stop()
    await this.#sendMails(moment)
    return result
  }

  async #sendMails(moment: Moment): Promise<void> {
    await this.#mails.plan(moment)
    await this.#runJobs(moment, ({ name }) => frequentJobs.has(name))
  }

  async #runJobs(moment: Moment, isRun: (job: Job) => boolean): Promise<void> {
    const sender = this.#mails.senderOf(moment)
    const deps = { pool: moment.appPool, auditMonths: 12, sender, log: createLogger('warn') }
    for (const job of jobs) if (isRun(job) && job.name !== this.#options.without) await job.work(deps)
  }

  /** Closes the clinic on the public holidays of this year and the next one. */
  async #acceptHolidays(moment: Moment, { clinic }: Practice, { year }: Temporal.PlainDate): Promise<void> {
    const engine = engineOf(moment)
    const read = createReadHolidays()
    for (const one of [year, year + 1]) {
      const { holidays } = await read({ year: one, country: 'DE', region: 'BE', language: 'en' })
      for (const { name, localStart, localEnd } of holidays) {
        const subject = { clinicNo: clinic.no, doctorId: null, createdBy: this.#random.uuid() }
        await engine.closures.create({ ...subject, localStart, localEnd, yearly: false, note: name }, null)
      }
    }
    await engine.stop()
  }
}

/** The result as a table. */
export function yearTable({ seed, days, counts, mails, seconds, failures }: YearResult): string {
  const rows: [string, string | number][] = [
    ['seed', seed],
    ['days that passed', days],
    ...Object.entries(counts).toSorted(([one], [other]) => one.localeCompare(other)),
    ['messages that arrived', mails],
    ['it took', `${seconds} s`],
    ['failures', failures.length],
  ]
  return rows.map(([name, value]) => `${name.padEnd(50)}${value}\n`).join('')
}

/** What a run has to be like, as sentences about what is not; empty: it has passed. */
export function failuresOfYear({ failures, counts, days }: YearResult): string[] {
  if (failures.length > 0) return failures
  const happened = ['booking: booked', 'walk-in: booked', 'series: done', 'move: done', 'cancel: done', 'no_show: done']
  const missing = [...happened, 'waitlist: joined', 'offers: made'].filter((name) => counts[name] === undefined)
  return days < 7 ? [] : missing.map((name) => `this never happened, so the run proves little: ${name}`)
}
