import { useInViewport } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../lib/i18n/format.ts'
import { proofQuery } from '../lib/queries/proof-query.ts'

/** Leads to the proof of the promise beside it; with its figures, if there are any, which are read when it is seen. */
export function ProofLink() {
  const { t } = useTranslation('shell')
  const { ref, inViewport } = useInViewport<HTMLAnchorElement>()
  const { data } = useQuery({ ...proofQuery, enabled: inViewport, retry: false })
  return (
    <Link ref={ref} to="/proof">
      {data?.bookings
        ? t('proof.count', {
            count: data.overbooked,
            overbooked: formatNumber(data.overbooked),
            bookings: formatNumber(data.bookings),
          })
        : t('footer.proof')}
    </Link>
  )
}
