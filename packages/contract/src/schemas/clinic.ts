import {
  type ClinicSettingName,
  clinicSettings,
  clinicTexts,
  eachClinicText,
  lengths,
  logoLimits,
  messageLanguages,
  retentionDueMax,
  retentionKindNames,
  smsKinds,
} from '@holdfast/vocabulary'
import Type, { type Static, type TInteger } from 'typebox'
import { externalIds, newExternalIds } from './external-id.ts'
import {
  cachedPageOf,
  integerWithin,
  name,
  nullable,
  nullableLine,
  nullablePhone,
  nullableText,
  nullableTime,
} from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

const settings = Object.fromEntries(
  Object.entries(clinicSettings).map(([name, { description, ...limits }]) => [
    name,
    Type.Integer({ ...integerWithin(limits), description }),
  ]),
) as Record<ClinicSettingName, TInteger>

export const { patientDataMonths, messageDays } = settings

const clinicSettingsSchema = component('ClinicSettings', settings)

const clinicSettingsChangeSchema = Type.Partial(clinicSettingsSchema, {
  title: 'ClinicSettingsChange',
  additionalProperties: false,
})

export const clinicSecuritySchema = component('ClinicSecurity', {
  rolesNeedSecondFactor: Type.Boolean({
    description: 'true: the roles of this clinic work only in sessions that were started with a second factor',
  }),
})

const dueMaxText = retentionDueMax.toLocaleString('en')

const retentionKindSchema = component('RetentionKind', {
  kind: literals(retentionKindNames),
  by: literals(['clinic', 'operator', 'fixed', 'end', 'nobody'], {
    description:
      'Who decides: the clinic, the operator of the server, or Holdfast (fixed). end: until it has ended, such ' +
      'as a session; nobody: it is stored as long as the clinic exists',
  }),
  setting: nullableText({
    description: 'Of the clinic: the name in its `settings`. Of the operator: the name of the setting',
  }),
  amount: nullable<number>({ type: 'integer' }, { description: 'null: no time is set. 0: never' }),
  unit: Type.Union([literals(['hours', 'days', 'months']), Type.Null()]),
  deletedBy: literals(['erasures', 'retention', 'use', 'command', 'backups', 'nobody'], {
    description:
      'erasures, retention: the job of this name. use: whoever uses it next. command: the operator, with ' +
      '`holdfast archive`. backups: the process that takes them',
  }),
})

export type RetentionKindBody = Static<typeof retentionKindSchema>

export const retentionSchema = component('Retention', {
  months: Type.Integer({ description: 'As in the request, or as it is set; 0: never' }),
  startsAt: nullableTime({
    description: 'Nobody is erased before; 24 hours after the time was shortened. null: it has begun, or is off',
  }),
  due: Type.Integer({
    description: `How many bookings are older and not erased yet; counting stops at ${dueMaxText}`,
  }),
  messageDays: Type.Integer({ description: 'As in the request, or as it is set' }),
  messagesDue: Type.Integer({
    description: `How many messages are older, and are deleted within the hour; counting stops at ${dueMaxText}`,
  }),
  kinds: Type.Array(retentionKindSchema, { description: 'All kinds of data, and how long each is stored' }),
})

const logoSchema = component('ClinicLogo', {
  url: Type.String({ description: 'The image; another image has another URL' }),
  width: Type.Integer({ description: 'In pixels' }),
  height: Type.Integer({ description: 'In pixels' }),
})

export const newLogoSchema = component('NewClinicLogo', {
  image: Type.String({
    minLength: 1,
    // Base64 has four characters for each three bytes.
    maxLength: Math.ceil(logoLimits.bytesMax / 3) * 4,
    pattern: '^[A-Za-z0-9+/]+={0,2}$',
    'x-expected': 'a file of at most 200 KB in Base64',
    description:
      'A PNG, JPEG or WebP file in Base64: at most 200 KB, and 1,200 pixels a side. What it says beside the ' +
      'picture (Exif, comments) is removed. A picture that Exif turns is refused: save it again as PNG',
  }),
})

export const clinicSchema = component('Clinic', {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  timezone: Type.String({ description: 'IANA name of the time zone of the clinic’s local days and times' }),
  externalIds,
  ...eachClinicText(() => nullableText()),
  settings: clinicSettingsSchema,
  attendanceMinutes: Type.Integer({
    description:
      'From how many minutes before a visit patients are asked whether they come: its first reminder; 1440 if the ' +
      'clinic sends none',
  }),
  sendsEmails: Type.Boolean({
    description: 'Whether patients who give an address get e-mails: by the clinic’s settings, and with a mail server',
  }),
  smsKinds: Type.Array(literals(smsKinds), {
    description:
      'What patients who give a mobile telephone number get by SMS: by the clinic’s settings, and with a provider',
  }),
  logo: Type.Union([logoSchema, Type.Null()]),
})

export type ClinicBody = Static<typeof clinicSchema>

export const clinicPageSchema = cachedPageOf(clinicSchema, 'ClinicPage')

const clinicName = name(lengths.name)
const timezone = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[A-Za-z][A-Za-z0-9_+/-]*$',
  'x-expected': 'the IANA name of a time zone, like Europe/Berlin',
  description: 'IANA name of a time zone',
  examples: ['Europe/Berlin'],
})
const texts = eachClinicText((name) => {
  const { kind, max } = clinicTexts[name]
  return Type.Optional(kind === 'phone' ? nullablePhone() : nullableLine(max))
})

export const newClinicSchema = component('NewClinic', {
  name: clinicName,
  timezone,
  externalIds: newExternalIds,
  ...texts,
  settings: Type.Optional(clinicSettingsChangeSchema),
  language: Type.Optional(
    literals(messageLanguages, {
      default: 'en',
      description: 'Of messages to its patients; changed with its message settings',
    }),
  ),
})

export const clinicChangeSchema = Type.Object(
  {
    name: Type.Optional(clinicName),
    timezone: Type.Optional(timezone),
    externalIds: newExternalIds,
    ...texts,
    settings: Type.Optional(clinicSettingsChangeSchema),
  },
  { title: 'ClinicChange', additionalProperties: false, minProperties: 1 },
)
