import { Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime, formatNumber } from '../../lib/i18n/format.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import type { SecretLink } from '../../lib/secret-links/secret-link.ts'
import { ListTable } from '../../ui/list-table.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { awaitMs, pastOffersQuery } from './waitlist-queries.ts'

type PastOffersProps = {
  link: SecretLink
  clinicId: string
  /** The text that is shown if nothing was offered yet; default: nothing is shown. */
  none?: string
  /** A cell about the booking of an offer. With it, the position that the entry had is shown, too. */
  bookingOf?: (bookingId: string, when: string) => ReactNode
}

/** What was offered to an entry, when, and what became of it. */
export function PastOffers({ link, clinicId, none, bookingOf }: PastOffersProps) {
  const { t } = useTranslation('waitlist')
  const { data, error, refetch } = useQuery({ ...pastOffersQuery(link), refetchInterval: awaitMs })
  const timeZone = useQuery(clinicQuery(clinicId)).data?.timezone
  if (data === undefined || timeZone === undefined) {
    return error === null ? null : <ErrorState error={error} retry={() => void refetch()} />
  }
  if (data.length === 0) return none === undefined ? null : <Text>{none}</Text>
  const timeOf = (at: string) => formatDayTime(at, timeZone)
  return (
    <section aria-labelledby="past-offers">
      <Title order={2} size="h3" mb="sm" id="past-offers">
        {t('offers.title')}
      </Title>
      <ListTable
        caption={t('offers.title')}
        heads={[
          t('offers.place'),
          t('offers.offeredAt'),
          t('offers.endsAt'),
          bookingOf === undefined ? null : t('offers.position'),
          t('offers.outcome'),
          bookingOf === undefined ? null : t('offers.booking'),
        ]}
      >
        {data.map(({ bookingId, startsAt, offeredAt, endsAt, position, outcome }) => {
          const when = startsAt === null ? t('offers.archived') : timeOf(startsAt)
          return (
            <tr key={bookingId}>
              <td className="tabular">{when}</td>
              <td data-label={t('offers.offeredAt')}>{timeOf(offeredAt)}</td>
              <td data-label={t('offers.endsAt')}>{timeOf(endsAt)}</td>
              {bookingOf === undefined ? null : (
                <td className="tabular" data-label={t('offers.position')}>
                  {position === null ? '–' : formatNumber(position)}
                </td>
              )}
              <td data-label={t('offers.outcome')}>{t(`offers.${outcome ?? 'open'}`)}</td>
              {bookingOf === undefined ? null : <td data-label={t('offers.booking')}>{bookingOf(bookingId, when)}</td>}
            </tr>
          )
        })}
      </ListTable>
    </section>
  )
}
