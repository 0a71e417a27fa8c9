import type { Doctor } from '@holdfast/contract/client'
import { Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatLanguages, formatMoney } from '../../lib/i18n/format.ts'
import { specializationName } from '../../lib/i18n/specialization-name.ts'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import classes from './booking.module.css'

/** The doctor's details and fee. */
export function AboutDoctor({ doctor }: { doctor: Doctor }) {
  const { t } = useTranslation('booking')
  return (
    <Stack gap="xs">
      <div>
        <PageTitle>{doctor.name}</PageTitle>
        <Text size="lg" c="dimmed">
          {specializationName(doctor)}
        </Text>
      </div>
      <ul className={classes.facts}>
        {/* What is booked in open sessions has its own. */}
        {doctor.fee === null || doctor.hasOpenSessions ? null : (
          <li>{t('about.fee', { fee: formatMoney(doctor.fee) })}</li>
        )}
        {doctor.experienceYears === null ? null : <li>{t('about.experience', { count: doctor.experienceYears })}</li>}
        {doctor.languages.length === 0 ? null : <li>{formatLanguages(doctor.languages)}</li>}
      </ul>
    </Stack>
  )
}
