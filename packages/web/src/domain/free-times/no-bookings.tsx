import type { Clinic, Doctor } from '@holdfast/contract/client'
import { Alert, Group, Stack, Text, Title } from '@mantine/core'
import { IconCalendarOff } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../lib/i18n/format.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { CallClinic } from '../clinics/call-clinic.tsx'
import { colleaguesQuery, hasOtherDoctorsQuery } from './colleague-times-query.ts'

type NoBookingsProps = { doctor: Doctor; clinic: Clinic }

/** The clinic's phone, colleagues, and their waitlist, in place of the times of a doctor who takes no bookings. */
export function NoBookings({ doctor, clinic }: NoBookingsProps) {
  const { t } = useTranslation(['booking-more', 'booking', 'shell'])
  const hasOthers = useQuery(hasOtherDoctorsQuery(doctor)).data ?? false
  return (
    <Stack gap="lg">
      <Alert
        role="status"
        color="amber"
        variant="outline"
        radius="lg"
        icon={<Icon of={IconCalendarOff} />}
        title={t('shell:noBookings', { name: isolated(doctor.name) })}
      >
        <Text>{t('noBookings.help', { clinic: isolated(clinic.name) })}</Text>
      </Alert>
      <Colleagues doctor={doctor} clinic={clinic} />
      <Group gap="sm">
        <CallClinic clinic={clinic} />
        {hasOthers ? (
          <LinkButton size="sm" variant="default" to="/" search={{ clinicId: clinic.id }}>
            {t('booking:noTimes.others')}
          </LinkButton>
        ) : null}
      </Group>
    </Stack>
  )
}

function Colleagues({ doctor, clinic }: NoBookingsProps) {
  const { t } = useTranslation(['booking-more', 'booking'])
  const queryClient = useQueryClient()
  const colleagues = useQuery(colleaguesQuery(queryClient, doctor)).data ?? []
  if (colleagues.length === 0) return null
  return (
    <Stack gap="sm" align="flex-start" component="section" aria-labelledby="colleagues-title">
      <Title order={2} size="h3" id="colleagues-title">
        {t('noBookings.colleagues')}
      </Title>
      <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
        {colleagues.map(({ id, name, nextAvailableAt }) => (
          <Group component="li" gap="xs" key={id}>
            <LinkButton size="sm" variant="default" to="/doctors/$doctorId" params={{ doctorId: id }}>
              <bdi>{name}</bdi>
            </LinkButton>
            <Text size="sm">
              {nextAvailableAt === null
                ? t('booking:week.noneFree')
                : t('booking:noTimes.next', { when: formatDayTime(nextAvailableAt, clinic.timezone) })}
            </Text>
          </Group>
        ))}
      </Stack>
      <LinkButton size="sm" variant="default" to="/join-waitlist" search={{ doctorId: doctor.id }}>
        {t('noBookings.join')}
      </LinkButton>
    </Stack>
  )
}
