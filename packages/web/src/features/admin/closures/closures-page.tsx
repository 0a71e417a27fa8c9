import type { Booking } from '@holdfast/contract/client'
import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { canBeChanged } from '../../../domain/bookings/offered-actions.ts'
import type { BookingLinks } from '../../../domain/closures/closure-effect.tsx'
import { ClosuresSection } from '../../../domain/closures/closures-section.tsx'
import { PublicHolidays } from '../../../domain/closures/public-holidays.tsx'
import { withdrawalSearchOf } from '../../../domain/slots/withdrawal-search.ts'
import { visitResourcesQuery } from '../../../domain/visits/visit-resources-query.ts'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import { BookingLink } from '../shared/booking/booking-link.tsx'
import { useClinic } from '../use-clinic.ts'

/** When the clinic and its doctors are closed. */
export function ClosuresPage() {
  const { t } = useTranslation('calendars')
  const { clinicId, doctors, timeZone, today } = useClinic()
  const links: BookingLinks = {
    timeZone,
    doctors,
    resources: useQuery(visitResourcesQuery(clinicId)).data,
    nameOf: (booking) => <BookingLink booking={booking} />,
    moveOf: (booking) => (canBeChanged(booking) ? <MoveLink booking={booking} /> : null),
    withdrawOf: ({ doctorId, ...days }) => (
      <Text>
        {t('closures.withdrawHelp')}{' '}
        <TextLink
          inherit
          to="/clinic/$clinicId/times"
          params={{ clinicId }}
          search={{ doctorId, ...withdrawalSearchOf(days) }}
        >
          {t('closures.withdraw')}
        </TextLink>
      </Text>
    ),
  }
  return (
    <Stack gap="lg">
      <PageHead
        title={t('closures.title')}
        intro={t('closures.intro')}
        help={{ href: '/help/closures', text: t('closures.help') }}
      />
      <ClosuresSection clinicId={clinicId} today={today} ownDoctorId={null} links={links} />
      <PublicHolidays clinicId={clinicId} today={today} />
    </Stack>
  )
}

function MoveLink({ booking: { id, clinicId, patient } }: { booking: Booking }) {
  const { t } = useTranslation('schedule')
  return (
    <TextLink
      inherit
      to="/clinic/$clinicId/bookings/$bookingId"
      params={{ clinicId, bookingId: id }}
      search={{ move: true }}
      aria-label={t('move.of', { name: patient.name })}
    >
      {t('move.short')}
    </TextLink>
  )
}
