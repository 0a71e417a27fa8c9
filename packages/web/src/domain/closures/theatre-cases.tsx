import type { WithdrawnSlots } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatAppointment, formatNumber } from '../../lib/i18n/format.ts'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import layoutClasses from '../../ui/layout.module.css'

type CasesProps = { of: Pick<WithdrawnSlots, 'cases' | 'firstCases'>; clinicId: string; timeZone: string }

/**
 * The cases of the theatre in which a doctor is at times that are closed or withdrawn: they stay. The first ones lead
 * to the board of their days.
 */
export function TheatreCases({ of: { cases = 0, firstCases = [] }, clinicId, timeZone }: CasesProps) {
  const { t } = useTranslation('calendars')
  if (cases === 0) return null
  return (
    <div>
      <Text role="status">{t('theatreCases.stay', { cases: formatNumber(cases) })}</Text>
      <ul className={layoutClasses.scrollList}>
        {firstCases.map(({ caseId, startsAt, endsAt, room }) => (
          <li key={caseId}>
            <TextLink
              inherit
              to="/clinic/$clinicId/theatre"
              params={{ clinicId }}
              search={{ day: localDay(startsAt, timeZone) }}
            >
              {formatAppointment(startsAt, endsAt, timeZone)} · <bdi>{room}</bdi>
            </TextLink>
          </li>
        ))}
        {cases > firstCases.length ? (
          <li>{t('theatreCases.more', { cases: formatNumber(cases - firstCases.length) })}</li>
        ) : null}
      </ul>
    </div>
  )
}
