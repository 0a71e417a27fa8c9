import type { Booking } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Box, Button, Group, Stack, Text } from '@mantine/core'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { formatNumber, formatTime } from '../../lib/i18n/format.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import tableClasses from '../../ui/table.module.css'
import { AnswersInRow } from '../answers/answers-in-row.tsx'
import { JoinVideo } from '../video/join-video.tsx'
import { ResourcesOfBooking } from '../visits/resources-of-booking.tsx'
import { VisitOfBooking } from '../visits/visit-of-booking.tsx'
import { BookingActions } from './booking-actions.tsx'
import { Flags } from './flags.tsx'
import { canAttend } from './offered-actions.ts'
import { PatientName } from './patient-name.tsx'
import { StatusMark } from './status-mark.tsx'

type DayListProps = {
  bookings: readonly Booking[]
  timeZone: string
  caption: string
}

/** How many rows phones show at first, and more at each press. */
const rowsStep = 20

/**
 * A doctor's bookings of a day in order, without cancelled and failed ones, which the list of bookings has. It opens at
 * the first one that is not over: give it the day as its key.
 */
export function DayList({ bookings, timeZone, caption }: DayListProps) {
  const { t } = useTranslation(['schedule', 'shell'])
  const coming = bookings.filter(({ status }) => status !== 'CANCELLED' && status !== 'FAILED')
  const next = coming.find(({ endsAt }) => Date.parse(endsAt) > serverNow())
  const throughNext = next === undefined ? rowsStep : coming.indexOf(next) + rowsStep
  const [shownCount, setShownCount] = useState(throughNext)
  const nextRef = useRef<HTMLTableRowElement>(null)
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  useOpenAtNow(nextRef)
  const [first] = coming
  if (first === undefined) return <EmptyState title={t('day.none')} help={t('day.noneHelp')} />
  const isToday = localDay(Date.parse(first.startsAt), timeZone) === localDay(serverNow(), timeZone)
  const showMore = () => {
    flushSync(() => setShownCount(shownCount + rowsStep))
    rowsRef.current?.children[shownCount]?.querySelector<HTMLElement>('a, button')?.focus()
  }
  const showNext = () => {
    flushSync(() => setShownCount(Math.max(shownCount, throughNext)))
    nextRef.current?.scrollIntoView({ block: 'center' })
    nextRef.current?.focus({ preventScroll: true })
  }
  return (
    <>
      {isToday ? <ToNow onGo={showNext} disabled={next === undefined} /> : null}
      <table className={`${tableClasses.table} ${tableClasses.dense}`}>
        <caption className={tableClasses.caption}>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t('column.time')}</th>
            <th scope="col">{t('column.patient')}</th>
            <th scope="col">{t('column.appointmentType')}</th>
            <th scope="col">{t('column.status')}</th>
            <th scope="col" className="no-print">
              {t('column.actions')}
            </th>
          </tr>
        </thead>
        <tbody ref={rowsRef}>
          {coming.map((booking, index) => (
            <tr
              key={booking.id}
              {...(booking === next ? { ref: nextRef, tabIndex: -1 } : {})}
              data-beyond={index >= shownCount || undefined}
              data-quiet={booking.status === 'NO_SHOW' || booking.status === 'COMPLETED' || undefined}
            >
              <td className="tabular">
                <strong>{formatTime(booking.startsAt, timeZone)}</strong>
              </td>
              <td>
                <Stack gap={0}>
                  <span>
                    <PatientName of={booking} />
                    {booking.units > 1 ? ` (${t('units', { count: booking.units })})` : ''}
                  </span>
                  {booking.visitTypeId === undefined ? null : (
                    // Alone in its line, a name in another direction would be at the line's other end.
                    <span>
                      <VisitOfBooking booking={booking} />
                    </span>
                  )}
                  <ResourcesOfBooking booking={booking} />
                  <PhoneAndReason booking={booking} />
                  <AnswersInRow booking={booking} timeZone={timeZone} />
                  {booking.patientFlags === undefined ? null : <Flags flags={booking.patientFlags} size="md" />}
                </Stack>
              </td>
              <td className={tableClasses.oneLine} data-label={t('column.appointmentType')}>
                {t(`shell:appointmentType.${booking.appointmentType}`)}
                {booking.joinUrl === null ? null : (
                  <Box mt={4}>
                    <JoinVideo
                      url={booking.joinUrl}
                      of={booking.patient.name}
                      isInRow
                      size="compact-sm"
                      variant="light"
                    />
                  </Box>
                )}
              </td>
              <td>
                <StatusMark of={booking} />
              </td>
              <td className="no-print">
                <BookingActions booking={booking} timeZone={timeZone} isInRow />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shownCount >= coming.length ? null : (
        <div className={`${tableClasses.onPhones} no-print`}>
          <Button variant="default" onClick={showMore}>
            {t('shell:more')}
          </Button>
        </div>
      )}
    </>
  )
}

/** They are in one line where they fit, so that more rows do. */
function PhoneAndReason({ booking: { patient, reason } }: { booking: Booking }) {
  if (!patient.phone && !reason) return null
  return (
    <Text size="sm" c="dimmed" component="span" lineClamp={2}>
      {patient.phone ? <bdi className={tableClasses.nowrap}>{patient.phone}</bdi> : null}
      {patient.phone && reason ? ' · ' : ''}
      {reason ? <bdi>{reason}</bdi> : null}
    </Text>
  )
}

/**
 * Shows the row when the list is opened, if it is below what is in sight. After the router, which scrolls to the top
 * or, after *Back*, to where the page was.
 */
function useOpenAtNow(ref: RefObject<HTMLTableRowElement | null>) {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const open = () => {
      const row = ref.current?.getBoundingClientRect()
      if (window.scrollY === 0 && row && row.bottom > window.innerHeight)
        ref.current?.scrollIntoView({ block: 'center' })
    }
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(open)
    })
    return () => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
  }, [ref])
}

/**
 * Goes to the first booking that is not over. Today's list always has it: if it came with time, the rows would move
 * below a hand that is about to press.
 */
function ToNow({ onGo, disabled }: { onGo: () => void; disabled: boolean }) {
  const { t } = useTranslation('schedule')
  return (
    <Group className="no-print">
      <ActionButton variant="default" size="sm" onClick={onGo} disabled={disabled}>
        {t('toNow')}
      </ActionButton>
    </Group>
  )
}

/**
 * The numbers of expected, arrived, completed and missed bookings, in one line above the list; of those expected, how
 * many patients have not confirmed that they come.
 */
export function DayCounts({ bookings }: { bookings: readonly Booking[] }) {
  const { t } = useTranslation('schedule')
  const count = (...statuses: Booking['status'][]) => bookings.filter(({ status }) => statuses.includes(status)).length
  const unconfirmed = bookings.filter((booking) => canAttend(booking, serverNow())).length
  const noShows = count('NO_SHOW')
  const parts = [
    { label: t('counts.expected'), value: count('PENDING', 'CONFIRMED') },
    { label: t('counts.unconfirmed', { count: unconfirmed }), value: unconfirmed },
    { label: t('counts.arrived'), value: count('ARRIVED') },
    { label: t('counts.completed'), value: count('COMPLETED') },
    { label: t('counts.noShow', { count: noShows }), value: noShows },
  ]
  return (
    <Text component="p" className="tabular" m={0} role="status">
      {parts.map(({ label, value }, index) => (
        <span key={label}>
          {index > 0 ? ' · ' : ''}
          <strong>{formatNumber(value)}</strong> {label}
        </span>
      ))}
    </Text>
  )
}
