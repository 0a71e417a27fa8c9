import type { Doctor } from '@holdfast/contract/client'
import { Text, Title } from '@mantine/core'
import { IconMapPin, IconVideo } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { formatLanguages, formatMoney } from '../../lib/i18n/format.ts'
import { specializationName } from '../../lib/i18n/specialization-name.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { DoctorSearch } from './doctor-search.ts'
import classes from './doctors-page.module.css'
import { NextTimes } from './next-times.tsx'

/** A doctor in the list, with the next free times. */
export function DoctorCard({ doctor, type }: { doctor: Doctor; type: DoctorSearch['type'] }) {
  const { t } = useTranslation(['doctors', 'shell'])
  const clinic = useQuery(clinicQuery(doctor.clinicId)).data
  const to = { to: '/doctors/$doctorId', params: { doctorId: doctor.id }, search: type ? { type } : {} } as const
  return (
    <li>
      <article className={classes.card} aria-labelledby={`doctor-${doctor.id}`}>
        <div className={classes.head}>
          <span className={classes.avatar} aria-hidden="true">
            {initialsOf(doctor.name)}
          </span>
          <div>
            <Title order={2} size="h3" id={`doctor-${doctor.id}`}>
              <Link {...to} className={classes.name}>
                {doctor.name}
              </Link>
            </Title>
            <Text c="dimmed">{specializationName(doctor)}</Text>
          </div>
        </div>
        <Text size="sm" lineClamp={1}>
          {clinic?.name ?? '\u00a0'}
        </Text>
        <Facts doctor={doctor} />
        <div className={classes.next}>
          <NextTimes doctor={doctor} clinic={clinic} type={type} />
          <LinkButton {...to} size="sm" variant="default" aria-label={t('seeTimesOf', { name: doctor.name })}>
            {t('seeTimes')}
          </LinkButton>
        </div>
      </article>
    </li>
  )
}

function Facts({ doctor }: { doctor: Doctor }) {
  const { t } = useTranslation(['doctors', 'shell'])
  return (
    <ul className={classes.facts}>
      {doctor.fee === null ? null : <li>{formatMoney(doctor.fee)}</li>}
      {doctor.experienceYears === null ? null : <li>{t('experience', { count: doctor.experienceYears })}</li>}
      {doctor.appointmentTypes.map((type) => (
        <li key={type}>
          {type === 'video' ? <Icon of={IconVideo} size={16} /> : <Icon of={IconMapPin} size={16} />}
          {t(`shell:appointmentType.${type}`)}
        </li>
      ))}
      {doctor.languages.length === 0 ? null : <li>{formatLanguages(doctor.languages)}</li>}
    </ul>
  )
}

const titles = /^(dr|prof|mr|mrs|ms|د)\.?$/i

/** Two letters for an avatar: of the first and the last name, without titles. */
function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '' && !titles.test(word))
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words
  return letters.map((word) => [...(word ?? '')][0]?.toLocaleUpperCase() ?? '').join('')
}
