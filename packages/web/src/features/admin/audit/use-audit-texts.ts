import type { AuditEvent } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { referenceOf } from '../../../domain/bookings/ticket-link.ts'
import { formatNumber } from '../../../lib/format.ts'
import { settingNames } from '../clinic-draft.ts'
import { limitNames } from '../limit-names.ts'
import { roles } from '../roles.ts'
import { deniedArea } from './denied-area.ts'

/** The words that the API records as details, besides roles, numbers, operations and the names of settings. */
const words = [
  'merged',
  'created',
  'promoted',
  'burst',
  'own account',
  'retention',
  'interrupted',
  'history',
  'search',
  'on',
  'off',
  'one',
  'all',
  'others',
  'all accounts',
  'code',
  'passkey',
  'app added',
  'app removed',
  'new recovery codes',
  'passkey added',
  'passkey removed',
  'all removed',
  'second factor',
  'bookings',
  'audit_events',
  'rolesNeedSecondFactor',
  'active',
  'videoRoom',
  'birthDate',
  'patient',
  'webhook added',
  'webhook changed',
  'webhook removed',
  'webhook secret',
  'webhook tested',
  'webhook replayed',
  'calendar feed created',
  'calendar feed revoked',
  'calendar feed names patients',
  'calendar feed names no patients',
  'busy calendar set',
  'busy calendar removed',
  'busy calendar',
  'logo',
  'logo removed',
] as const

const fields = [
  'name',
  'timezone',
  'address',
  'phone',
  'specialization',
  'experienceYears',
  'rating',
  'fee',
  'languages',
  'appointmentTypes',
] as const

/** The names of the clinic's doctors, and the e-mail addresses of its invitations, by id. */
export type AuditNames = ReadonlyMap<string, string>

/** The texts of an event, for the table and for files. */
export function useAuditTexts(names: AuditNames) {
  const { t } = useTranslation('admin')
  const about = useAbout(names)
  /** A word that only a later release knows stays as it is. */
  const detail = (text: string): string => {
    const find = <Name extends string>(known: readonly Name[]) => known.find((one) => one === text)
    const [role, word, field] = [find(roles), find(words), find(fields)]
    const [setting, limit, area] = [find(settingNames), find(limitNames), deniedArea(text)]
    if (role !== undefined) return t(`role.${role}`)
    if (word !== undefined) return t(`audit.detail.${word}`)
    if (field !== undefined) return t(`field.${field}`)
    if (setting !== undefined) return t(`settings.${setting}`)
    if (limit !== undefined) return t(`limits.${limit}`)
    if (area !== null) return t(`audit.area.${area}`)
    return /^\d+$/.test(text) ? formatNumber(Number(text)) : text
  }
  return {
    what({ kind, count }: AuditEvent): string {
      const what = t(`audit.kind.${kind}`)
      return count === 1 ? what : t('audit.times', { what, number: formatNumber(count) })
    },
    details: ({ details }: AuditEvent): string => details.map(detail).join(' · '),
    who({ actorKind, actorName, actorId }: AuditEvent): string {
      if (actorKind === 'account') {
        return actorName ?? (actorId === null ? '' : t('audit.about.account', { reference: referenceOf(actorId) }))
      }
      return t(`audit.actor.${actorKind}`)
    },
    about,
  }
}

/** What an event was about: by name where it is known, else what it is and the end of its id; null: nothing. */
function useAbout(names: AuditNames): (event: AuditEvent) => string | null {
  const { t } = useTranslation('admin')
  return ({ kind, subjectId, subjectName, clinicId, clinicName }) => {
    if (subjectId === null) return null
    const name = names.get(subjectId)
    const reference = referenceOf(subjectId)
    switch (kind) {
      case 'booking_read':
      case 'message_sent_again':
      case 'patients_erased':
        return t('audit.about.booking', { reference })
      case 'doctor_created':
      case 'doctor_changed':
        return name ?? t('audit.about.doctor', { reference })
      case 'invitation_created':
      case 'invitation_revoked':
        return name === undefined
          ? t('audit.about.invitation', { reference })
          : t('audit.about.invitationOf', { email: name })
      case 'clinic_created':
      case 'clinic_changed':
        return clinicName
      case 'burst_cancelled':
        return null
      case 'sign_in_failed':
      case 'sign_in_delayed':
        return subjectName ?? t('audit.about.address')
      default:
        return subjectName ?? name ?? (subjectId === clinicId ? clinicName : reference)
    }
  }
}
