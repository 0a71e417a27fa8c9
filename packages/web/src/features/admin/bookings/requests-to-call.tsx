import type { Booking } from '@holdfast/contract/client'
import { Text, Title } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { requestState, statusLabel } from '../../../domain/bookings/status-label.ts'
import { AffectedList } from '../../../domain/slots/affected-list.tsx'
import { clinicBookingQuery } from '../shared/booking/clinic-booking-query.ts'
import { messageChannel } from '../shared/booking/message-channel.ts'
import { useClinic } from '../use-clinic.ts'

const answers = ['confirmed', 'declined', 'request_lapsed'] as const
/** So many are read again, the latest shown first. */
const readMax = 50

/**
 * The patients to call: their requests were shown on this page, have been answered or have lapsed, and no message says
 * so.
 *
 * @param waiting the requests that wait as they were read last; undefined: not read yet
 */
export function RequestsToCall({ waiting }: { waiting: readonly Booking[] | undefined }) {
  const { t } = useTranslation(['admin', 'shell'])
  const { clinicId, clinic, timeZone } = useClinic()
  const answered = useAnswered(waiting)
    .filter((one) => answers.some((kind) => messageChannel(one, clinic, kind) === null))
    .slice(0, readMax)
  const found = useQueries({ queries: answered.map(({ id }) => clinicBookingQuery(clinicId, id)) })
  const toCall = found.flatMap(({ data }) => {
    const kind = data === undefined ? null : answerOf(data)
    return data === undefined || kind === null || messageChannel(data, clinic, kind) !== null ? [] : [data]
  })
  return (
    <div role="status">
      {toCall.length === 0 ? null : (
        <section aria-labelledby="to-call">
          <Title order={2} size="h3" id="to-call">
            {t('requests.call.title')}
          </Title>
          <Text>{t('requests.call.help')}</Text>
          <AffectedList
            affected={toCall.map((booking) => ({
              id: booking.id,
              startsAt: booking.startsAt,
              booking,
              isUnread: false,
            }))}
            timeZone={timeZone}
            moveOf={(booking) => t(`shell:${statusLabel(booking)}`)}
          />
        </section>
      )}
    </div>
  )
}

/** The requests that wait no more, the latest shown first. */
function useAnswered(waiting: readonly Booking[] | undefined): readonly Booking[] {
  const [shown, setShown] = useState<readonly Booking[]>([])
  const isNew = ({ id }: Booking) => shown.every((one) => one.id !== id)
  if (waiting?.some(isNew)) setShown([...waiting.filter(isNew), ...shown])
  if (waiting === undefined) return []
  return shown.filter(({ id }) => waiting.every((one) => one.id !== id))
}

/** The message that tells the answer; null: there is none, or the patient has withdrawn the request. */
function answerOf(booking: Booking): (typeof answers)[number] | null {
  if (booking.status === 'CONFIRMED') return 'confirmed'
  const state = requestState(booking)
  if (state === 'declined' || state === 'taken') return 'declined'
  return state === 'lapsed' ? 'request_lapsed' : null
}
