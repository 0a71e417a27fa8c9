import type { ImportClinic, ImportDoctor, ImportSlot } from '@holdfast/engine'
import {
  latestStart,
  slotHoursMax,
  slotsAheadYearsMax,
  videoRoomCharactersMax,
  videoRoomProblem,
} from '@holdfast/engine'
import type { AppointmentType } from '@holdfast/vocabulary'
import {
  appointmentTypes,
  type ClinicSettings,
  clinicSettingNames,
  clinicSettings,
  clinicTexts,
  eachClinicText,
  lengths,
  type MessageLanguage,
  messageLanguages,
  slotLimits,
  snakeCase,
} from '@holdfast/vocabulary'
import { addBadLine, type BadLines } from '../tables/bad-lines.ts'
import type { CsvLine } from '../tables/read-csv.ts'
import { createLineReader, type LineReader } from './line-reader.ts'

const keyCharactersMax = 100

/** Parses each line as a clinic; errors go to `bad`. */
export function parseClinics(lines: readonly CsvLine[], bad: BadLines): ImportClinic[] {
  return parseKeyed(lines, 'clinic', bad, (reader, row) => ({
    row,
    key: reader.text('clinic', keyCharactersMax),
    name: reader.name('name', lengths.name),
    timezone: reader.timeZone('timezone'),
    ...eachClinicText((name) => reader.optionalText(snakeCase(name), clinicTexts[name].max)),
    ...parseLanguage(reader),
    settings: parseSettings(reader),
  }))
}

/** The language of messages to the clinic's patients. */
function parseLanguage(reader: LineReader): { language?: MessageLanguage } {
  const text = reader.optionalText('language', 10)
  const language = messageLanguages.find((one) => one === text)
  if (text !== null && language === undefined) reader.refuse('language', `expected ${messageLanguages.join(', ')}`)
  return language === undefined ? {} : { language }
}

function parseSettings(reader: LineReader): Partial<ClinicSettings> {
  const settings = clinicSettingNames.map((name) => {
    const { min, max } = clinicSettings[name]
    return [name, reader.optionalWholeNumber(snakeCase(name), min, max)] as const
  })
  return Object.fromEntries(settings.filter(([, value]) => value !== null))
}

/** Parses each line as a doctor. `isClinic` accepts the keys of the clinics' file and every id. */
export function parseDoctors(
  lines: readonly CsvLine[],
  isClinic: (key: string) => boolean,
  bad: BadLines,
): ImportDoctor[] {
  return parseKeyed(lines, 'doctor', bad, (reader, row) => {
    const clinic = reader.text('clinic', keyCharactersMax)
    if (clinic !== '' && !isClinic(clinic)) reader.refuse('clinic', 'is neither in the clinics’ file nor a clinic’s id')
    const types = reader.list('appointment_types', 2, isAppointmentType, 'of in_person and video')
    return {
      row,
      key: reader.text('doctor', keyCharactersMax),
      clinic,
      name: reader.name('name', lengths.name),
      specialization: reader.name('specialization', lengths.specialization),
      experienceYears: reader.optionalWholeNumber('experience_years', 0, 80),
      rating: reader.optionalRating('rating'),
      languages: reader.list('languages', 20, isLanguageTag, 'language tags such as pt-BR'),
      fee: parseFee(reader),
      appointmentTypes: types.length === 0 ? ['in_person'] : types.filter(isAppointmentType),
      videoRoom: parseVideoRoom(reader),
    }
  })
}

/** Parses each line as a slot that begins after `now`, and not after `latestStart`. */
export function parseSlots(
  lines: readonly CsvLine[],
  isDoctor: (key: string) => boolean,
  now: Temporal.Instant,
  bad: BadLines,
): ImportSlot[] {
  const rows: ImportSlot[] = []
  const latest = latestStart(new Date(now.epochMilliseconds)).toTemporalInstant()
  for (const line of lines) {
    const before = bad.count
    const reader = createLineReader(line, bad)
    const doctor = reader.text('doctor', keyCharactersMax)
    if (doctor !== '' && !isDoctor(doctor)) reader.refuse('doctor', 'is neither in the doctors’ file nor a doctor’s id')
    const startsAt = reader.instant('starts_at')
    const endsAt = reader.instant('ends_at')
    if (startsAt !== null && Temporal.Instant.compare(startsAt, now) <= 0)
      reader.refuse('starts_at', 'lies in the past')
    if (startsAt !== null && Temporal.Instant.compare(startsAt, latest) > 0) {
      reader.refuse('starts_at', `lies more than ${slotsAheadYearsMax} years ahead`)
    }
    if (startsAt !== null && endsAt !== null && Temporal.Instant.compare(endsAt, startsAt) <= 0) {
      reader.refuse('ends_at', 'is not after starts_at')
    }
    if (startsAt !== null && endsAt !== null && startsAt.until(endsAt).total('hours') > slotHoursMax) {
      reader.refuse('ends_at', `is more than ${slotHoursMax} hours after starts_at`)
    }
    const capacity = reader.optionalWholeNumber('capacity', 1, slotLimits.capacityMax) ?? 1
    if (bad.count > before || startsAt === null || endsAt === null) continue
    rows.push({ row: line.line, doctor, startsAt: dateOf(startsAt), endsAt: dateOf(endsAt), capacity })
  }
  return rows
}

function parseKeyed<Row extends { key: string | null }>(
  lines: readonly CsvLine[],
  keyColumn: string,
  bad: BadLines,
  parse: (reader: LineReader, row: number) => Row,
): Row[] {
  const rows: Row[] = []
  const lineOfKey = new Map<string, number>()
  for (const line of lines) {
    const before = bad.count
    const row = parse(createLineReader(line, bad), line.line)
    const key = row.key ?? ''
    const earlier = lineOfKey.get(key)
    if (key !== '' && earlier !== undefined) {
      addBadLine(bad, { line: line.line, column: keyColumn, value: key, message: `is already on line ${earlier}` })
    }
    lineOfKey.set(key, line.line)
    if (bad.count === before) rows.push(row)
  }
  return rows
}

function parseFee(reader: LineReader): { amount: number; currency: string } | null {
  const amount = reader.optionalWholeNumber('fee_amount', 0, 1_000_000_000)
  const currency = reader.optionalText('fee_currency', 3)
  if (currency !== null && !/^[A-Z]{3}$/.test(currency))
    reader.refuse('fee_currency', 'expected a currency such as EUR')
  if (!reader.has('fee_amount') && currency !== null) reader.refuse('fee_amount', 'is missing beside fee_currency')
  if (amount !== null && !reader.has('fee_currency')) reader.refuse('fee_currency', 'is missing beside fee_amount')
  return amount === null || currency === null ? null : { amount, currency }
}

function parseVideoRoom(reader: LineReader): string | null {
  const address = reader.optionalText('video_room', videoRoomCharactersMax)
  const problem = address === null ? null : videoRoomProblem(address)
  if (problem !== null) reader.refuse('video_room', `must ${problem}`)
  return address
}

function isAppointmentType(text: string): text is AppointmentType {
  return appointmentTypes.some((one) => one === text)
}

function isLanguageTag(text: string): boolean {
  return text.length <= 35 && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(text)
}

function dateOf(instant: Temporal.Instant): Date {
  return new Date(instant.epochMilliseconds)
}
