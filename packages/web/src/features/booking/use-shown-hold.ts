import { useNavigate, useRouter, useRouterState } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { type Hold, useHold } from './use-hold.ts'

type ShownHold = {
  hold: Hold
  /** The times are shown: nothing is held here, or somebody went back from the hold to the times. */
  isChoosing: boolean
  /** Adds an entry for the hold to the tab's history. */
  show(): void
  /** Returns from that entry to the times. */
  leave(): void
}

/**
 * The attempt with this doctor and whether it is shown. A hold has an entry in the tab's history, so that *Back* leads
 * to the times; it goes on meanwhile, and the header of the site leads back to it.
 */
export function useShownHold(doctorId: string): ShownHold {
  const { history } = useRouter()
  const navigate = useNavigate()
  const isHoldEntry = useRouterState({ select: ({ location }) => location.state.hold === true })
  const hold = useHold(doctorId, isHoldEntry)
  const { state } = hold
  const [isAside, setAside] = useState(false)
  const afterPaint = useAfterPaint()
  /** The entry before is that of the times. */
  const canGoBack = useRef(false)
  const isChoosing = state.kind === 'choosing' || isAside
  useTimesFocus(isChoosing)

  const wasHoldEntry = useRef(isHoldEntry)
  const onEntry = useEffectEvent((isNowHoldEntry: boolean) => {
    if (wasHoldEntry.current === isNowHoldEntry) return
    wasHoldEntry.current = isNowHoldEntry
    if (isNowHoldEntry) hold.resume()
    setAside(!isNowHoldEntry)
  })
  useEffect(() => onEntry(isHoldEntry), [isHoldEntry])

  const toTicket = useEffectEvent((hash: string, manageToken: string) => {
    void navigate({ to: '/ticket', hash, state: { manageToken }, replace: isHoldEntry })
  })
  const forget = useEffectEvent(hold.forget)
  useEffect(() => {
    // Somebody looks at the times: what has ended is not put in front of them.
    if (isAside && (state.kind === 'expired' || state.kind === 'unavailable' || state.kind === 'confirmed')) forget()
    else if (state.kind === 'confirmed' && state.attempt.made !== null) {
      toTicket(state.attempt.made.bookingId, state.attempt.made.manageToken)
    }
  }, [state, isAside])

  return {
    hold,
    isChoosing,
    show() {
      setAside(false)
      canGoBack.current ||= !isHoldEntry
      wasHoldEntry.current = true
      afterPaint(() => {
        void navigate({ to: '.', search: true, state: { hold: true }, replace: isHoldEntry, resetScroll: false })
      })
    },
    leave() {
      if (!isHoldEntry) return
      if (canGoBack.current) history.back()
      else void navigate({ to: '.', search: true, state: {}, replace: true, resetScroll: false })
      canGoBack.current = false
    },
  }
}

/**
 * Runs something when the response to a press has been painted: navigating before it costs a sixth of the time until
 * then (14 loads of `speed.test.ts` each, median). Nothing runs once the page has been left.
 */
function useAfterPaint() {
  const isLeft = useRef(false)
  useEffect(() => {
    isLeft.current = false
    return () => {
      isLeft.current = true
    }
  }, [])
  return (act: () => void) => {
    requestAnimationFrame(() => {
      setTimeout(() => {
        if (!isLeft.current) act()
      })
    })
  }
}

/** After going back, the focus is on the times. */
function useTimesFocus(isChoosing: boolean): void {
  const wasAway = useRef(!isChoosing)
  useEffect(() => {
    if (isChoosing && wasAway.current) document.getElementById('times-title')?.focus({ preventScroll: true })
    wasAway.current = !isChoosing
  }, [isChoosing])
}
