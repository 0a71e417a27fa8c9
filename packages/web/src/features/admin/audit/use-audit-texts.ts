import type { AuditEvent } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../../../lib/format.ts'
import { roles } from '../roles.ts'

/** The texts of an event, for the table and for files. */
export function useAuditTexts() {
  const { t } = useTranslation('admin')
  const detail = (text: string): string => {
    const role = roles.find((one) => one === text)
    return role === undefined ? text : t(`role.${role}`)
  }
  return {
    what({ kind, count }: AuditEvent): string {
      const what = t(`audit.kind.${kind}`)
      return count === 1 ? what : t('audit.times', { what, number: formatNumber(count) })
    },
    details: ({ details }: AuditEvent): string => details.map(detail).join(', '),
    who({ actorKind, actorName, actorId }: AuditEvent): string {
      if (actorKind === 'account') return actorName ?? actorId ?? ''
      return t(`audit.actor.${actorKind}`)
    },
  }
}
