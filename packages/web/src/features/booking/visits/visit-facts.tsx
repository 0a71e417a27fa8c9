import type { VisitType } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { IconMapPin, IconVideo } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { OfferedVisit } from '../../../domain/visits/offered-visits.ts'
import { formatMinutes, formatMoney, formatNumber } from '../../../lib/i18n/format.ts'
import { Icon } from '../../../ui/icon.tsx'
import classes from './visits.module.css'

/** How long a visit takes, what it costs, where it is, and who may book it. */
export function VisitFacts({ visit: { visitType, minutes, fee, appointmentTypes } }: { visit: OfferedVisit }) {
  const { t } = useTranslation(['visits', 'shell'])
  const { capacity, bookableBy, approval } = visitType
  return (
    <ul className={classes.facts}>
      <li>{formatMinutes(minutes)}</li>
      {fee === null ? null : <li>{formatMoney(fee)}</li>}
      {appointmentTypes.map((type) => (
        <li key={type}>
          <Icon of={type === 'video' ? IconVideo : IconMapPin} size={16} />
          {t(`shell:appointmentType.${type}`)}
        </li>
      ))}
      {capacity === 1 ? null : <li>{t('group', { places: formatNumber(capacity) })}</li>}
      {bookableBy === 'known_patients' ? <li>{t('known')}</li> : null}
      {approval !== 'none' ? <li>{t('onRequest')}</li> : null}
    </ul>
  )
}

/** What patients do before the visit; nothing, if the clinic says nothing. */
export function Preparation({ of: { preparation } }: { of: Pick<VisitType, 'preparation'> }) {
  const { t } = useTranslation('visits')
  if (preparation === null) return null
  return (
    <div className={classes.preparation}>
      <Text fw={600}>{t('preparation')}</Text>
      <Text dir="auto">{preparation}</Text>
    </div>
  )
}
