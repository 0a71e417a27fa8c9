import type { Webhook, WebhookDelivery } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { ListTable } from '../../../ui/list-table.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { useClinic } from '../use-clinic.ts'
import { eventSuffix } from './event-names.ts'
import { lastResponse } from './last-response.ts'
import { deliveriesQuery } from './webhook-queries.ts'

/** What was sent to a webhook, with the responses. */
export function DeliveriesTable({ webhook: { id, url } }: { webhook: Webhook }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const found = useInfiniteQuery(deliveriesQuery(clinicId, id))
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  if (found.data === undefined) return <LoadingOrError of={found} />
  const deliveries = found.data.pages.flatMap(({ items }) => items)
  if (deliveries.length === 0) return <Text c="dimmed">{t('webhooks.noneSent')}</Text>
  return (
    <>
      <ListTable
        caption={t('webhooks.deliveriesOf', { url })}
        heads={[
          t('audit.when'),
          t('column.event'),
          t('webhooks.state'),
          t('webhooks.response'),
          t('webhooks.attempts'),
        ]}
        rowsRef={rowsRef}
      >
        {deliveries.map((delivery) => (
          <Row key={delivery.id} delivery={delivery} />
        ))}
      </ListTable>
      <ShowMore pages={found} count={deliveries.length} listRef={rowsRef} />
    </>
  )
}

function Row({ delivery }: { delivery: WebhookDelivery }) {
  const { t } = useTranslation('admin')
  const { timeZone } = useClinic()
  const { event, state, attempts, doneAt, dueAt } = delivery
  return (
    <tr>
      <td className="tabular">{formatDayTime(doneAt ?? dueAt, timeZone)}</td>
      <td data-label={t('column.event')}>{t(`webhooks.event.${eventSuffix(event)}`)}</td>
      <td data-label={t('webhooks.state')}>{t(`webhooks.delivery.${state}`)}</td>
      <td data-label={t('webhooks.response')}>
        <bdi>{lastResponse(t, delivery)}</bdi>
      </td>
      <td data-label={t('webhooks.attempts')} className="tabular">
        {attempts}
      </td>
    </tr>
  )
}
