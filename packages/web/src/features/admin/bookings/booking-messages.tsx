import { Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Panel } from '../../../ui/panel.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { MessageTable } from '../message-table.tsx'
import { messagesQuery } from '../messages-query.ts'
import { useClinic } from '../use-clinic.ts'

/** What was sent to the patient of a booking. */
export function BookingMessages({ bookingId }: { bookingId: string }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const found = useInfiniteQuery(messagesQuery(clinicId, { bookingId }))
  const messages = found.data?.pages.flatMap(({ items }) => items) ?? []
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  if (found.isPending) return null
  return (
    <Panel id="booking-messages" title={t('messages.title')}>
      {found.isError ? <ErrorState error={found.error} retry={() => void found.refetch()} /> : null}
      {found.isSuccess && messages.length === 0 ? <Text c="dimmed">{t('messages.noneOfBooking')}</Text> : null}
      {messages.length === 0 ? null : <MessageTable messages={messages} rowsRef={rowsRef} />}
      <ShowMore pages={found} count={messages.length} listRef={rowsRef} />
    </Panel>
  )
}
