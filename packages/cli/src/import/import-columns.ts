import type { ImportList } from '@holdfast/engine'
import {
  clinicSettingNames,
  clinicSettings,
  clinicTextNames,
  messageLanguages,
  slotLimits,
  snakeCase,
} from '@holdfast/vocabulary'
import type { CsvColumns } from '../tables/read-csv.ts'

export const importKinds = ['clinics', 'doctors', 'slots'] as const satisfies ImportList[]

/** The columns of each file. A JSON file has the same fields in camelCase. */
export const importColumns: Record<ImportList, CsvColumns> = {
  clinics: {
    required: ['clinic', 'name', 'timezone'],
    optional: ['language', ...[...clinicTextNames, ...clinicSettingNames].map(snakeCase)],
  },
  doctors: {
    required: ['doctor', 'clinic', 'name', 'specialization'],
    optional: [
      'experience_years',
      'rating',
      'languages',
      'fee_amount',
      'fee_currency',
      'appointment_types',
      'video_room',
    ],
  },
  slots: { required: ['doctor', 'starts_at', 'ends_at'], optional: ['capacity'] },
}

const texts = clinicTextNames.map(snakeCase).join(', ')
const settings = clinicSettingNames.map(
  (name) => `          ${snakeCase(name).padEnd(30)} ${clinicSettings[name].min}–${clinicSettings[name].max}`,
)
const units = `1–${slotLimits.capacityMax.toLocaleString('en')}`

/** A line of the help whose columns may be absent. */
const optional = (line: string) => `${line.padEnd(100)} optional`

/** Shown by `holdfast import --help`. */
export const importHelp = `
Files are CSV (UTF-8, first line the column names, in any order) or JSON (a list of objects, the same fields in
camelCase: startsAt). Either everything is imported or, if any line is invalid, nothing; every invalid line is
listed with its number. Repeating an import creates nothing twice: clinics are identified by name and time zone,
doctors by clinic, name and specialization, slots by doctor and times.

clinics   clinic            any key, to which the doctors' lines refer
          name, timezone    such as Europe/Berlin
${optional(`          language          of messages to its patients: ${messageLanguages.join(', ')}; en if absent`)}
${optional(`          ${texts}`)}
          and its settings, all optional:
${settings.join('\n')}
doctors   doctor            any key, to which the slots' lines refer
          clinic            a clinic's key in the clinics' file, or a clinic's id
          name, specialization
          experience_years, rating (0–5, one decimal), languages (de;en), fee_amount (in cents) and fee_currency (EUR),
          appointment_types (in_person;video), video_room (https://…; {room} becomes a unique name per booking)
${optional('')}
slots     doctor            a doctor's key in the doctors' file, or a doctor's id
          starts_at, ends_at  times with their zone: 2026-12-01T08:00:00-03:00
${optional(`          capacity          ${units}, 1 if absent`)}

Example: holdfast import --clinics clinics.csv --doctors doctors.csv --slots slots.csv --dry-run`
