import type { AuditEvent } from '@holdfast/contract/client'
import { referenceOf } from '@holdfast/vocabulary'
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { auditDetailKey } from './audit-detail-key.ts'

/** The names of the clinic's doctors, and the e-mail addresses of its invitations, by id. */
export type AuditNames = ReadonlyMap<string, string>

/** The texts of an event, for the table and for files. */
export function useAuditTexts(names: AuditNames) {
  const { t } = useTranslation('admin')
  const about = useAbout(names)
  const words = (kind: string, text: string): string => {
    const key = auditDetailKey(kind, text)
    if (key !== null) return t(key)
    const [, list, number] = /^(?:(\w+)=)?(\d+)$/.exec(text) ?? []
    if (number === undefined) return text
    return list === undefined ? formatNumber(Number(number)) : `${words(kind, list)}: ${formatNumber(Number(number))}`
  }
  return {
    what({ kind, count }: AuditEvent): string {
      const what = t(`audit.kind.${kind}`)
      return count === 1 ? what : t('audit.times', { what, number: formatNumber(count) })
    },
    details({ kind, area, details, subjects }: AuditEvent): string {
      // The epoch, the number and the hash of an event: the number says how many there were.
      const shown = kind === 'log_purged' || kind === 'log_chain_begun' ? details.slice(1, 2) : details
      return [
        // The first detail of what was denied is the name of the operation.
        ...shown.map((detail, index) => (area !== null && index === 0 ? t(`audit.area.${area}`) : words(kind, detail))),
        ...(subjects.length === 0 ? [] : [t('audit.listed', { number: formatNumber(subjects.length) })]),
      ].join(' · ')
    },
    who({ actorKind, actorName, actorId }: AuditEvent): string {
      if (actorKind === 'account' || actorKind === 'api_key') {
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
  return ({ kind, subjectId, subjectName, clinicId, clinicName, details }) => {
    if (subjectId === null) return null
    const name = names.get(subjectId)
    const reference = referenceOf(subjectId)
    switch (kind) {
      case 'booking_read':
      case 'message_sent_again':
      case 'patients_erased':
      case 'patient_corrected':
        return t('audit.about.booking', { reference })
      case 'bookings_read':
        // A digest of what was searched, or whose calendar feed was read.
        if (details.includes('search')) return t('audit.about.search', { reference })
        return name ?? (subjectId === clinicId ? clinicName : reference)
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
