import type { Webhook, WebhookDelivery } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { ShowMore } from '../../../ui/show-more.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import tableClasses from '../../../ui/table.module.css'
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
      <table className={tableClasses.table}>
        <caption className={tableClasses.caption}>{t('webhooks.deliveriesOf', { url })}</caption>
        <thead>
          <tr>
            <th scope="col">{t('audit.when')}</th>
            <th scope="col">{t('column.event')}</th>
            <th scope="col">{t('webhooks.state')}</th>
            <th scope="col">{t('webhooks.response')}</th>
            <th scope="col">{t('webhooks.attempts')}</th>
          </tr>
        </thead>
        <tbody ref={rowsRef}>
          {deliveries.map((delivery) => (
            <Row key={delivery.id} delivery={delivery} />
          ))}
        </tbody>
      </table>
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
