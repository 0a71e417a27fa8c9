import { auditWords } from '@holdfast/contract/audit-words'
import { clinicSettingNames, clinicTextNames } from '@holdfast/vocabulary'
import { limitNames } from '../shared/fields/limit-names.ts'
import { roles } from '../shared/members/roles.ts'

/** Fields, and a word, that have a text only here. */
const ownFields = [
  'staff of a theatre',
  'active',
  'site',
  'turnoverMinutes',
  'hours',
  'profession',
  'preferredEquipmentIds',
  'units',
  'reprocessingMinutes',
  'externalIds',
  'clinics',
  'doctors',
  'slots',
] as const

const fields = [
  'name',
  'timezone',
  ...clinicTextNames,
  'specialization',
  'experienceYears',
  'rating',
  'fee',
  'languages',
  'appointmentTypes',
] as const

/** The fields of visit types are named by the labels of their form. */
const visitTypeFields = [
  'names',
  'minutes',
  'bufferBeforeMinutes',
  'bufferAfterMinutes',
  'bookableBy',
  'approval',
  'approvalMinutes',
  'capacity',
  'preparation',
  'questions',
  'color',
  'position',
  'doctorIds',
  'needs',
  'combinable',
] as const

/** The settings are named by the labels of their form. */
const messageSettings = {
  emails: 'messages.settings.emails',
  language: 'messages.settings.language',
  replyTo: 'messages.settings.replyTo',
  reminderMinutes: 'messages.settings.reminders',
  quietFrom: 'messages.settings.quietFrom',
  quietUntil: 'messages.settings.quietUntil',
  textBefore: 'messages.settings.textBefore',
  textAfter: 'messages.settings.textAfter',
  confirmByLink: 'messages.settings.confirmByLink',
  confirmMinutes: 'messages.settings.confirmMinutes',
  smsKinds: 'messages.settings.sms',
  phoneCountry: 'messages.settings.phoneCountry',
} as const

/** The key of a detail's text in the catalogue 'admin'; null: only a later release knows it, or it is a number. */
export function auditDetailKey(kind: string, detail: string) {
  const find = <Name extends string>(known: readonly Name[]) => known.find((one) => one === detail)
  if (kind === 'theatre_changed' && detail === 'staff') return 'audit.detail.staff of a theatre'
  const [role, word, field] = [find(roles), find([...auditWords, ...ownFields]), find(fields)]
  const [setting, limit, ofVisitType] = [find(clinicSettingNames), find(limitNames), find(visitTypeFields)]
  if (role !== undefined) return `role.${role}` as const
  if (word !== undefined) return `audit.detail.${word}` as const
  if (field !== undefined) return `field.${field}` as const
  if (setting !== undefined) return `settings.${setting}` as const
  if (limit !== undefined) return `limits.${limit}` as const
  if (ofVisitType !== undefined) return `visitTypes.field.${ofVisitType}` as const
  return Object.hasOwn(messageSettings, detail) ? messageSettings[detail as keyof typeof messageSettings] : null
}
