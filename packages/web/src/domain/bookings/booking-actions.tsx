import { CloseButton, Text, VisuallyHidden } from '@mantine/core'
import { IconArrowBackUp, IconPhoneCheck, IconPhoneX, IconUserOff } from '@tabler/icons-react'
import { type MouseEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemMessage } from '../../lib/api/problem-message.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import classes from './booking-actions.module.css'
import { isRequest, offeredActions } from './offered-actions.ts'
import type { BookingAction, ShownBooking } from './pending-marks.ts'
import { useBookingAction } from './use-booking-action.ts'

type ActionsProps = {
  booking: ShownBooking
  timeZone: string
  /** The buttons are in a row of a list: their labels are short, so that the row stays low. */
  isInRow?: boolean
  /** Only the first action is in words, and the buttons are as low as a pointer needs: for rows of one line. */
  isCompact?: boolean
}

/** Of the actions that can be the second one. */
const icons: Partial<Record<BookingAction, typeof IconUserOff>> = {
  attend: IconPhoneCheck,
  withdrawAttendance: IconPhoneX,
  noShow: IconUserOff,
  reopen: IconArrowBackUp,
}

/** Buttons for the actions that are possible now: confirmed, arrived, completed, no-show, and undoing the last one. */
export function BookingActions({ booking, timeZone, isInRow = false, isCompact = false }: ActionsProps) {
  const { t } = useTranslation('schedule')
  const action = useBookingAction(booking.clinicId)
  const offered = offeredActions(booking, timeZone, serverNow())
  const { press, ...tracked } = useFocusOnNext(booking.id, `${booking.status} ${booking.attendanceConfirmedAt}`)
  const look = {
    attend: 'default',
    withdrawAttendance: 'subtle',
    arrive: 'light',
    confirm: 'light',
    complete: 'light',
    noShow: 'default',
    reopen: 'subtle',
  } as const
  const areNew = useAreNew(offered.join())
  // Only while the version that was marked is shown: the page may read the next one before the response arrives.
  const isBusy = booking.isBeingMarked === true
  const textOf = (name: BookingAction) => {
    if (isInRow && name === 'withdrawAttendance') return 'undo'
    return name === 'confirm' && isRequest(booking) ? 'approve' : name
  }
  const run = (name: BookingAction, { detail }: MouseEvent) => {
    // The second click of a double click: what it hits may have been another button at the first one.
    if (detail > 1) return
    press()
    action.mutate({ booking, action: name })
  }
  return (
    <div
      {...tracked}
      className={`${classes.actions} no-print`}
      data-row={isInRow || undefined}
      data-compact={isCompact || undefined}
    >
      {offered.map((name, nth) => {
        const icon = isCompact && nth > 0 ? icons[name] : undefined
        return (
          <ActionButton
            key={name}
            size="sm"
            variant={look[name]}
            isBusy={isBusy}
            disabled={areNew}
            aria-label={t(`${textOf(name)}Of`, { name: booking.patient.name })}
            {...(icon === undefined ? {} : { title: t(textOf(name)), 'data-icon': true })}
            onClick={(event) => run(name, event)}
          >
            {icon === undefined ? (
              t(textOf(name))
            ) : (
              <>
                <Icon of={icon} size={18} isMirrored={name === 'reopen'} />
                <VisuallyHidden>{t(textOf(name))}</VisuallyHidden>
              </>
            )}
          </ActionButton>
        )
      })}
      {/* Also beside a later state: somebody else may have changed the booking, which is why it was refused. */}
      {action.isError ? <NotStored name={booking.patient.name} error={action.error} onClose={action.reset} /> : null}
    </div>
  )
}

type NotStoredProps = { name: string; error: Error; onClose: () => void }

/** In a list it is over the row of the patient, beside the buttons: nothing moves below a hand that is pressing. */
function NotStored({ name, error, onClose }: NotStoredProps) {
  const { t } = useTranslation(['schedule', 'shell'])
  const { t: tProblem } = useTranslation('problems')
  const { title, help } = problemMessage(error, tProblem)
  return (
    <div className={classes.notStored}>
      <Text role="alert" size="sm" c="var(--mantine-color-error)">
        {t('notStored', { name, problem: title })}. {help}
      </Text>
      <CloseButton aria-label={t('shell:close')} onClick={onClose} />
    </div>
  )
}

/** A button that has appeared where another one was takes no press so long. */
const newMs = 700

/** Whether the buttons have just changed. Those of the first render are not new. */
function useAreNew(buttons: string): boolean {
  const [seen, setSeen] = useState({ buttons, areNew: false })
  // While rendering: after an effect, a press could come before.
  if (seen.buttons !== buttons) setSeen({ buttons, areNew: true })
  useEffect(() => {
    if (!seen.areNew) return
    const timer = setTimeout(() => setSeen({ buttons: seen.buttons, areNew: false }), newMs)
    return () => clearTimeout(timer)
  }, [seen])
  return seen.areNew || seen.buttons !== buttons
}

/**
 * The button that was pressed is replaced by those of the new state: the first of them gets the focus. If there is
 * none, the booking's {@link StatusMark} beside them gets it, which says what was done. The same applies when the
 * focused button disappears later, because the mark was refused or somebody else has changed the booking. If the user
 * has moved the focus elsewhere, or clicked where nothing can have it, it stays there.
 */
function useFocusOnNext(bookingId: string, state: string) {
  const ref = useRef<HTMLDivElement>(null)
  const isPressed = useRef(false)
  // React reports no blur when it removes the element.
  const hasFocus = useRef(false)
  const before = useRef(state)
  useEffect(() => {
    if (before.current === state) return
    before.current = state
    const isNow = isPressed.current
    isPressed.current = false
    const focused = document.activeElement
    const isLost = focused === null || focused === document.body
    if (!hasFocus.current || !(isNow || isLost)) return
    const around = ref.current?.closest('tr, [role="dialog"], main')
    const status = around?.querySelector<HTMLElement>(`[data-status-of="${bookingId}"]`)
    hasFocus.current = false
    // Not the button that closes a message.
    const next = ref.current?.querySelector<HTMLElement>(':scope > button') ?? status
    next?.focus()
  }, [state, bookingId])
  return {
    ref,
    onFocus() {
      hasFocus.current = true
    },
    onBlur() {
      hasFocus.current = false
    },
    press() {
      // Safari gives a clicked button no focus.
      hasFocus.current = true
      isPressed.current = true
    },
  }
}
