import type { Booking, WorkingHoursPreview } from '@holdfast/contract/client'
import { Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { PatientContacts } from '../../../domain/bookings/patient-contacts.tsx'
import { formatDayTime, formatNumber } from '../../../lib/i18n/format.ts'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { FocusedTitle } from '../../../ui/focus/focused-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { BookingLink } from '../shared/booking/booking-link.tsx'
import { useClinic } from '../use-clinic.ts'

/** What new working hours change, and whose appointments are not within them. */
export function HoursPreview({ preview }: { preview: WorkingHoursPreview }) {
  const { t } = useTranslation('working-hours')
  const { affected, affectedSlots } = preview
  return (
    <Stack gap="sm">
      <FocusedTitle id="hours-preview" order={3}>
        {t('preview.title')}
      </FocusedTitle>
      <ul>
        {(['creates', 'withdraws', 'keeps', 'conflicts'] as const).map((what) => {
          const { sessions, slots } = preview[what]
          if (what === 'conflicts' && sessions + slots === 0) return null
          return (
            <li key={what}>{t(`preview.${what}`, { sessions: formatNumber(sessions), slots: formatNumber(slots) })}</li>
          )
        })}
      </ul>
      <Text role="status">
        {affectedSlots === 0 ? t('preview.nobody') : t('preview.affected', { slots: formatNumber(affectedSlots) })}
      </Text>
      {affected.length === 0 ? null : (
        <ul className={layoutClasses.scrollList}>
          {affected.map((booking) => (
            <AffectedBooking key={booking.id} booking={booking} />
          ))}
        </ul>
      )}
    </Stack>
  )
}

function AffectedBooking({ booking }: { booking: Booking }) {
  const { t } = useTranslation('schedule')
  const { timeZone } = useClinic()
  const { id, clinicId, startsAt, patient } = booking
  return (
    <li>
      {formatDayTime(startsAt, timeZone)} · <BookingLink booking={booking} />
      <PatientContacts of={booking} prefix=" · " /> ·{' '}
      <TextLink
        inherit
        to="/clinic/$clinicId/bookings/$bookingId"
        params={{ clinicId, bookingId: id }}
        search={{ move: true }}
        aria-label={t('move.of', { name: patient.name })}
      >
        {t('move.short')}
      </TextLink>
    </li>
  )
}
