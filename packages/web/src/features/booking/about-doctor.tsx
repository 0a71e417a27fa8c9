import type { Clinic, Doctor } from '@holdfast/contract/client'
import { Anchor, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatLanguages, formatMoney, formatNumber } from '../../lib/format.ts'
import { PhoneIcon, PlaceIcon } from '../../ui/icons.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import classes from './booking.module.css'

/** Who it is, where, and what it costs. */
export function AboutDoctor({ doctor, clinic }: { doctor: Doctor; clinic: Clinic }) {
  const { t } = useTranslation('booking')
  return (
    <Stack gap="xs">
      <div>
        <PageTitle>{doctor.name}</PageTitle>
        <Text size="lg" c="dimmed">
          {doctor.specialization}
        </Text>
      </div>
      <ul className={classes.facts}>
        {doctor.fee === null ? null : <li>{t('about.fee', { fee: formatMoney(doctor.fee) })}</li>}
        {doctor.experienceYears === null ? null : <li>{t('about.experience', { count: doctor.experienceYears })}</li>}
        {doctor.rating === null ? null : (
          <li>{t('about.rating', { rating: formatNumber(doctor.rating, { minimumFractionDigits: 1 }) })}</li>
        )}
        {doctor.languages.length === 0 ? null : <li>{formatLanguages(doctor.languages)}</li>}
      </ul>
      <ul className={classes.facts}>
        <li>
          <PlaceIcon size={18} />
          <bdi>
            {clinic.name}
            {clinic.address === null ? null : `, ${clinic.address}`}
          </bdi>
        </li>
        {clinic.phone === null ? null : (
          <li>
            <PhoneIcon size={18} />
            <Anchor href={`tel:${clinic.phone.replace(/[^+\d]/g, '')}`} dir="ltr">
              {clinic.phone}
            </Anchor>
          </li>
        )}
      </ul>
    </Stack>
  )
}
