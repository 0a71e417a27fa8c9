import type { MadeBooking, VisitType } from '@holdfast/contract/client'
import { referenceOf } from '@holdfast/vocabulary'
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { visitFee } from '../../../domain/visits/visit-fee.ts'
import { visitTypeName } from '../../../domain/visits/visit-type-name.ts'
import { formatAppointment, formatMoney } from '../../../lib/i18n/format.ts'
import { AfterDot } from '../../../ui/after-dot.tsx'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { Icon } from '../../../ui/icon.tsx'
import { useClinic } from '../use-clinic.ts'

type BookedProps = {
  booking: MadeBooking
  /** undefined: a slot was booked. */
  visitType: VisitType | undefined
  name: string
  onAgain: (isForSame: boolean) => void
}

/** Shows that the booking succeeded. There is no ticket: only patients get the secret link to it. */
export function Booked({ booking, visitType, name, onAgain }: BookedProps) {
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
          {visitType === undefined ? null : <Visit visitType={visitType} doctorId={booking.doctorId} />}
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

/** What the desk tells a patient on the phone: what was booked, its fee, and how to prepare for it. */
function Visit({ visitType, doctorId }: { visitType: VisitType; doctorId: string }) {
  const { t } = useTranslation('admin')
  const fee = visitFee(visitType, doctorId)
  const { preparation } = visitType
  return (
    <>
      <Text>
        <bdi>{visitTypeName(visitType)}</bdi>
        <AfterDot>{fee === null ? null : formatMoney(fee)}</AfterDot>
      </Text>
      {preparation === null ? null : (
        <div>
          <Text fw={600}>{t('visitTypes.field.preparation')}</Text>
          <Text dir="auto" style={{ whiteSpace: 'pre-line' }}>
            {preparation}
          </Text>
        </div>
      )}
    </>
  )
}
