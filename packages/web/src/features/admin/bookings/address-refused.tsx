import { Alert } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { messagesQuery } from '../messages-query.ts'
import { newestResult } from '../newest-result.ts'
import { useClinic } from '../use-clinic.ts'

/** Says that the mail server refuses the patient's address, unless a later e-mail was accepted. */
export function AddressRefused({ bookingId }: { bookingId: string }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const found = useInfiniteQuery(messagesQuery(clinicId, { bookingId }))
  const newest = newestResult(found.data?.pages.flatMap(({ items }) => items) ?? [])
  // Until they are read, the data are those of the booking that was shown before.
  if (found.isPlaceholderData || newest?.failure !== 'address_refused') return null
  return (
    <Alert role="alert" color="red" variant="outline" title={t('messages.addressRefused.title')}>
      {t('messages.addressRefused.help', { address: isolated(newest.maskedAddress ?? '–') })}
    </Alert>
  )
}
