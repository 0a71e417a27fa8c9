import type { Booking, NewClosure } from '@holdfast/contract/client'
import { Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime, formatNumber } from '../../lib/i18n/format.ts'
import { AfterDot } from '../../ui/after-dot.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { ShowMore } from '../../ui/show-more.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { isRequest } from '../bookings/offered-actions.ts'
import { PatientContacts } from '../bookings/patient-contacts.tsx'
import { PatientName } from '../bookings/patient-name.tsx'
import { statusLabel } from '../bookings/status-label.ts'
import { effectQuery } from './closure-queries.ts'
import { TheatreCases } from './theatre-cases.tsx'

export type BookingLinks = {
  timeZone: string
  doctors: readonly { id: string; name: string }[]
  /** The rooms and devices of appointments; absent: none can be chosen. */
  resources?: readonly { id: string; name: string }[] | undefined
  /** Renders the name of a booking's patient as a link to it. */
  nameOf?: ((booking: Booking) => ReactNode) | undefined
  moveOf?: ((booking: Booking) => ReactNode) | undefined
  /** Renders a link to where the slots of these days are withdrawn. */
  withdrawOf?: ((of: { doctorId: string; from: string; to: string }) => ReactNode) | undefined
}

type EffectProps = {
  clinicId: string
  of: { closureId: string } | { closure: NewClosure }
  /** It is of a room or device, and closes no slots. */
  isOfResource: boolean
  links: BookingLinks
}

/** How many slots a closure closes, and the bookings in it, which stay. */
export function ClosureEffect({ clinicId, of, isOfResource, links }: EffectProps) {
  const { t } = useTranslation('calendars')
  const { t: tShell } = useTranslation('shell')
  const pages = useInfiniteQuery(effectQuery(clinicId, of))
  const listRef = useRef<HTMLUListElement>(null)
  const first = pages.data?.pages[0]
  if (first === undefined) return <LoadingOrError of={pages} />
  const bookings = pages.data?.pages.flatMap((page) => page.bookings.items) ?? []
  const number = `${formatNumber(bookings.length)}${pages.hasNextPage ? '+' : ''}`
  const { timeZone, doctors, nameOf, moveOf } = links
  return (
    <Stack gap="sm">
      <Text role="status">
        {isOfResource ? t('closures.notTaken') : t('closures.slots', { count: first.slots ?? 0 })}{' '}
        {first.sessions ? `${t('closures.sessions', { count: first.sessions })} ` : null}
        {bookings.length > 0 ? t('closures.stay', { number }) : null}
        {bookings.length === 0 && !first.cases ? t('closures.nobody') : null}
      </Text>
      <TheatreCases of={first} clinicId={clinicId} timeZone={timeZone} />
      {bookings.length === 0 ? null : (
        <ul className={layoutClasses.scrollList} ref={listRef}>
          {bookings.map((booking) => (
            <li key={booking.id}>
              {formatDayTime(booking.startsAt, timeZone)} · {nameOf?.(booking) ?? <PatientName of={booking} />}
              <PatientContacts of={booking} prefix=" · " /> · {doctors.find(({ id }) => id === booking.doctorId)?.name}
              <AfterDot>{isRequest(booking) ? tShell(statusLabel(booking)) : moveOf?.(booking)}</AfterDot>
            </li>
          ))}
        </ul>
      )}
      <ShowMore pages={pages} count={bookings.length} listRef={listRef} />
    </Stack>
  )
}
