import type { BookedSince } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../../../lib/i18n/format.ts'
import { TextLink } from '../../../../ui/buttons/text-link.tsx'
import { useClinic } from '../../use-clinic.ts'

type BookedSinceLinkProps = { since: BookedSince; isInNewTab?: boolean }

/** The appointment that a patient has got since losing one, as a link: nobody has to call them any more. */
export function BookedSinceLink({ since: { bookingId, startsAt }, isInNewTab = false }: BookedSinceLinkProps) {
  const { t } = useTranslation('schedule')
  const { clinicId, timeZone } = useClinic()
  const when = formatDayTime(startsAt, timeZone)
  return (
    <TextLink
      inherit
      to="/clinic/$clinicId/bookings/$bookingId"
      params={{ clinicId, bookingId }}
      {...(isInNewTab ? { target: '_blank', 'aria-label': t('withdraw.bookedSinceTab', { when }) } : {})}
    >
      {t('withdraw.bookedSince', { when })}
    </TextLink>
  )
}
