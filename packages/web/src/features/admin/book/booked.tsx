import type { MadeBooking } from '@holdfast/contract/client'
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { referenceOf } from '../../../domain/bookings/ticket-link.ts'
import { formatAppointment } from '../../../lib/i18n/format.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { useClinic } from '../use-clinic.ts'

type BookedProps = { booking: MadeBooking; name: string; onAgain: (isForSame: boolean) => void }

/** Shows that the booking succeeded. There is no ticket: only patients get the secret link to it. */
export function Booked({ booking, name, onAgain }: BookedProps) {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone } = useClinic()
  const doctor = doctors.find(({ id }) => id === booking.doctorId)?.name ?? ''
  return (
    <Stack gap="lg">
      <PageTitle>{t('book.done')}</PageTitle>
      <Alert role="status" color="pine" variant="outline" radius="lg" icon={<Icon of={IconCheck} />} title={name}>
        <Stack gap="xs">
          <Text>{doctor}</Text>
          <Text>{formatAppointment(booking.startsAt, booking.endsAt, timeZone)}</Text>
          <Text>
            {t('booking.reference')} <bdi className="tabular">{referenceOf(booking.id)}</bdi>
          </Text>
        </Stack>
      </Alert>
      <Group>
        <Button onClick={() => onAgain(true)}>{t('book.another')}</Button>
        <Button variant="default" onClick={() => onAgain(false)}>
          {t('book.anotherPatient')}
        </Button>
        <LinkButton
          variant="default"
          to="/clinic/$clinicId/bookings/$bookingId"
          params={{ clinicId, bookingId: booking.id }}
        >
          {t('book.open')}
        </LinkButton>
      </Group>
    </Stack>
  )
}
