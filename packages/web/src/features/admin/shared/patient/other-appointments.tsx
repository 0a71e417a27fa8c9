import type { Booking } from '@holdfast/contract/client'
import { addDays, localDay, yearDaysMax } from '@holdfast/vocabulary'
import { Alert } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { formatDayTime } from '../../../../lib/i18n/format.ts'
import { isolated } from '../../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../../lib/queries/clinic-queries.ts'
import { searchedFor } from '../../../../lib/searched-text.ts'
import { serverNow } from '../../../../lib/time/server-clock.ts'
import { TextLink } from '../../../../ui/buttons/text-link.tsx'
import { useClinic } from '../../use-clinic.ts'
import { appointmentsOfSame } from './appointments-of-same.ts'

const daysAhead = yearDaysMax - 1

/** The appointments to come of the patient of a booking that ended, which nobody should book again. */
export function OtherAppointments({ of }: { of: Booking }) {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone } = useClinic()
  const today = localDay(serverNow(), timeZone)
  const { name } = of.patient
  const query = { q: name, from: today, to: addDays(today, daysAhead), status: 'CONFIRMED', limit: 100 } as const
  const { data } = useQuery({
    queryKey: [...clinicKey(clinicId), 'other-appointments', query],
    queryFn: () => dataOf(api.listClinicBookings({ path: { clinicId }, query })),
    enabled: name !== '',
  })
  if (data === undefined) return null
  const { shown, hasMore } = appointmentsOfSame(data, of.patient, serverNow())
  if (shown.length === 0 && !hasMore) return null
  const title = t(shown.length === 0 ? 'book.mayHaveOthers' : 'book.hasOthers', { name: isolated(name) })
  const { q, from, to, status } = query
  return (
    <Alert role="status" variant="outline" title={title}>
      {shown.length === 0 ? null : (
        <ul>
          {shown.map(({ id, startsAt, doctorId }) => (
            <li key={id}>
              <TextLink inherit to="/clinic/$clinicId/bookings/$bookingId" params={{ clinicId, bookingId: id }}>
                {formatDayTime(startsAt, timeZone)}
              </TextLink>{' '}
              · {isolated(doctors.find((doctor) => doctor.id === doctorId)?.name ?? '')}
            </li>
          ))}
        </ul>
      )}
      {hasMore ? (
        <TextLink
          inherit
          to="/clinic/$clinicId/bookings"
          params={{ clinicId }}
          search={{ from, to, status }}
          state={searchedFor(q)}
        >
          {t('book.moreOthers')}
        </TextLink>
      ) : null}
    </Alert>
  )
}
