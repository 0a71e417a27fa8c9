import type { PatientWithVisits } from '@holdfast/contract/client'
import { Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { VisitOfBooking } from '../../../domain/visits/visit-of-booking.tsx'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import layoutClasses from '../../../ui/layout.module.css'
import { Panel } from '../../../ui/panel.tsx'
import { useClinic } from '../use-clinic.ts'
import classes from './patients.module.css'

type Appointment = PatientWithVisits['next'][number]

/** The appointments and the cases of a patient. */
export function PatientVisits({ patient: { next, past, cases } }: { patient: PatientWithVisits }) {
  const { t } = useTranslation(['patients', 'shell'])
  const { clinicId, timeZone } = useClinic()
  const appointment = (one: Appointment) => (
    <li key={one.bookingId}>
      <Link
        className={layoutClasses.link}
        to="/clinic/$clinicId/bookings/$bookingId"
        params={{ clinicId, bookingId: one.bookingId }}
        search={{}}
      >
        {formatDayTime(one.startsAt, timeZone)}
      </Link>
      <Text size="sm" c="dimmed">
        {one.visitTypeId === undefined ? null : (
          <>
            <VisitOfBooking booking={{ clinicId, visitTypeId: one.visitTypeId }} /> ·{' '}
          </>
        )}
        <bdi>{one.doctorName}</bdi> · {t(`shell:status.${one.status}`)}
      </Text>
    </li>
  )
  return (
    <Panel id="patient-visits" title={t('visits.title')} gap="lg">
      <Part title={t('visits.next')} items={next.map(appointment)} />
      <Part title={t('visits.past')} items={past.map(appointment)} />
      {cases.length === 0 ? null : (
        <Part
          title={t('visits.cases')}
          items={cases.map((one) => (
            <li key={one.caseId}>
              <Text fw={600}>{formatDayTime(one.startsAt, timeZone)}</Text>
              <Text size="sm">
                <bdi>{one.procedure}</bdi>
              </Text>
              <Text size="sm" c="dimmed">
                <bdi>{one.surgeonName}</bdi> · <bdi>{one.roomName}</bdi> · {t(`shell:status.${one.status}`)}
              </Text>
            </li>
          ))}
        />
      )}
      <Text size="sm" c="dimmed">
        {t('visits.help')}
      </Text>
    </Panel>
  )
}

function Part({ title, items }: { title: string; items: readonly ReactNode[] }) {
  const { t } = useTranslation('patients')
  return (
    <Stack gap={6}>
      <Title order={3} size="h4">
        {title}
      </Title>
      {items.length === 0 ? <Text>{t('visits.none')}</Text> : <ul className={classes.visits}>{items}</ul>}
    </Stack>
  )
}
