import type { BookedSince, Booking } from '@holdfast/contract/client'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../lib/i18n/format.ts'
import { AfterDot } from '../../ui/after-dot.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { PatientContacts } from '../bookings/patient-contacts.tsx'
import { PatientName } from '../bookings/patient-name.tsx'
import type { Affected } from './affected.ts'

type AffectedListProps = {
  affected: readonly Affected[]
  timeZone: string
  /** Renders a link for moving a booking, or for booking another time. */
  moveOf?: ((booking: Booking) => ReactNode) | undefined
  /** Renders a link to the appointment that a patient has got since; undefined: it is only named. */
  sinceOf?: ((since: BookedSince) => ReactNode) | undefined
  /** The focus goes to the first booking that does not start before this, if there is one. */
  nextAt?: string | undefined
  /** The appointments are lost. */
  isWithdrawn?: boolean | undefined
  /** A link to all bookings that are lost, for readers who may open the clinic's bookings. */
  allLost?: ReactNode
}

/**
 * Patients who would lose, or lost, their appointment: whom to call, or what to move, and who has another appointment
 * since.
 */
export function AffectedList(props: AffectedListProps) {
  const { affected, timeZone, moveOf, sinceOf, nextAt, isWithdrawn, allLost } = props
  const { t } = useTranslation('schedule')
  const nextRef = useRef<HTMLLIElement>(null)
  useEffect(() => nextRef.current?.focus(), [])
  const next =
    nextAt === undefined ? undefined : affected.find(({ startsAt }) => Date.parse(startsAt) >= Date.parse(nextAt))
  return (
    <>
      <ul className={layoutClasses.scrollList}>
        {affected.map(({ id, startsAt, booking }) => (
          <li key={id} {...(id === next?.id ? { ref: nextRef, tabIndex: -1 } : {})}>
            {formatDayTime(startsAt, timeZone)} ·{' '}
            {booking === undefined ? (
              t('withdraw.unknownPatient')
            ) : (
              <>
                <PatientName of={booking} />
                <PatientContacts of={booking} prefix=" · " />
                {booking.bookedSince !== undefined ? (
                  <>
                    {' '}
                    ·{' '}
                    {sinceOf?.(booking.bookedSince) ??
                      t('withdraw.bookedSince', { when: formatDayTime(booking.bookedSince.startsAt, timeZone) })}
                  </>
                ) : (
                  <AfterDot>{moveOf?.(booking)}</AfterDot>
                )}
              </>
            )}
          </li>
        ))}
      </ul>
      <UnreadNote affected={affected} isWithdrawn={isWithdrawn} allLost={allLost} />
    </>
  )
}

type UnreadNoteProps = Pick<AffectedListProps, 'affected' | 'isWithdrawn' | 'allLost'>

/** Says that not all patients are named, and how to see the others, if more bookings were found than were read. */
export function UnreadNote({ affected, isWithdrawn = false, allLost }: UnreadNoteProps) {
  const { t } = useTranslation(['schedule', 'shell'])
  if (!affected.some(({ isUnread }) => isUnread)) return null
  if (!isWithdrawn) return <p>{t('withdraw.namedSome')}</p>
  return (
    <p>
      {t('withdraw.namedSomeAfter', { status: t('shell:status.FAILED') })} {allLost}
    </p>
  )
}
