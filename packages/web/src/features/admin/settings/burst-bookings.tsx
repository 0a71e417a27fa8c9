import type { BookingBurst } from '@holdfast/contract/client'
import { Box, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatDayTime, formatNumber } from '../../../lib/i18n/format.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { ListTable } from '../../../ui/list-table.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { BookingLink } from '../shared/booking/booking-link.tsx'
import { useClinic } from '../use-clinic.ts'
import classes from './settings.module.css'

/** How many bookings of a burst belong to no account, or to one that may be a bot's. */
export function cancellableOf({ guestBookings, newAccountBookings }: BookingBurst): number {
  return guestBookings + newAccountBookings
}

/** The bookings that would be cancelled with a burst, so that somebody can recognize a patient among them. */
export function BurstBookings({ burst, hours }: { burst: BookingBurst; hours: number }) {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone } = useClinic()
  const bookings = useQuery({
    queryKey: [...clinicKey(clinicId), 'bursts', burst.id],
    queryFn: () => dataOf(api.listBurstBookings({ path: { clinicId, burstId: burst.id }, query: { hours } })),
  })
  if (bookings.isError) return <ErrorState error={bookings.error} retry={() => void bookings.refetch()} />
  if (bookings.data === undefined) return <Text role="status">{t('bursts.confirm.loading')}</Text>
  const { items } = bookings.data
  const others = cancellableOf(burst) - items.length
  return (
    <Stack gap="xs">
      <Text fw={600}>{t('bursts.confirm.list')}</Text>
      <Box component="section" className={classes.burst} aria-label={t('bursts.confirm.list')} tabIndex={0}>
        <ListTable
          caption={t('bursts.confirm.list')}
          heads={[t('column.when'), t('column.patient'), t('column.doctor')]}
        >
          {items.map((booking) => (
            <tr key={booking.id}>
              <td className="tabular">{formatDayTime(booking.startsAt, timeZone)}</td>
              <td>
                <BookingLink booking={booking} />
                <Text size="sm" c="dimmed">
                  <bdi>{booking.patient.email ?? booking.patient.phone ?? ''}</bdi>
                </Text>
              </td>
              <td data-label={t('column.doctor')}>{doctors.find(({ id }) => id === booking.doctorId)?.name ?? '–'}</td>
            </tr>
          ))}
        </ListTable>
      </Box>
      {others > 0 ? <Text>{t('bursts.confirm.more', { number: formatNumber(others) })}</Text> : null}
    </Stack>
  )
}
