import type { MadeBooking, VisitQuestion } from '@holdfast/contract/client'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import {
  activeAttempt,
  attemptToHold,
  heldBefore,
  onRemoteAttempt,
  setActiveAttempt,
} from '../../domain/hold/active-attempt.ts'
import { type Attempt, type AttemptRequest, type Details, newAttempt } from '../../domain/hold/attempt.ts'
import { confirmHold, extendHold, readHold, releaseHold, requestHold } from '../../domain/hold/hold-calls.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { slotsKey } from '../../lib/queries/slots-query.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { type HoldState, stateAfterRefusal, stateOfBooking } from './hold-state.ts'
import { useRetry } from './use-retry.ts'

export type Hold = {
  state: HoldState
  /** A request that changes the hold is under way. */
  isBusy: boolean
  /**
   * Requests a hold, and then releases the one before; if it is refused, that one is continued by {@link resume}.
   * `details`: what was typed before for another slot.
   */
  take(request: AttemptRequest): void
  /** Shows the hold of this browser, if it is with this doctor. */
  resume(): void
  /** Returns to choosing, after an attempt that came to nothing. */
  forget(): void
  /** Requests the same slot with a new key after its hold expired. */
  requestAgain(): void
  /** Stores what was typed, for a reload. */
  note(details: Details): void
  /** @throws RefusedError, UnreachableError: the hold is as it was, unless it has ended */
  extend(): Promise<void>
  /** @param mayOverlap as in confirmHold; default: true @param questions as there @throws as {@link extend} */
  confirm(details: Details, mayOverlap?: boolean, questions?: readonly VisitQuestion[]): Promise<void>
  /** Reads the booking, which was changed elsewhere. */
  reread(): void
  /** Releases the slot and returns to choosing. */
  release(): void
}

const lapseCheckMs = 500
/** More than any clinic allows. */
const extensionsBeyond = 100
/** The accuracy of the estimated server clock. */
const lapseGraceMs = 300

/**
 * The attempt of this browser with this doctor, stored until it ends. `isShown`: whether it is restored when the page
 * is opened.
 */
export function useHold(doctorId: string, isShown: boolean): Hold {
  const { state, isBusy, setState, start, resume, whileBusy, abandon, rereadSlots } = useAttempt(doctorId, isShown)

  const onMount = useEffectEvent(() => {
    if (state.kind === 'requesting') void resume(state.attempt)
  })
  useEffect(() => onMount(), [])
  useRetry(state.kind === 'requesting' ? state.error : null, () => {
    if (state.kind === 'requesting') void resume(state.attempt)
  })
  useLapse(state, (attempt) => void resume(attempt))
  useRemoteChange(state, setState, (attempt) => void resume(attempt))

  return {
    state,
    isBusy,
    take: (request) => start(attemptToHold(request)),
    resume() {
      const attempt = attemptWith(doctorId)
      if (attempt !== null && (state.kind === 'choosing' || state.kind === 'unavailable')) start(attempt)
    },
    forget: abandon,
    requestAgain() {
      if ('attempt' in state) start(newAttempt(state.attempt))
    },
    note(details) {
      if (state.kind !== 'held') return
      const attempt = { ...state.attempt, details }
      setActiveAttempt(attempt)
      setState({ ...state, attempt })
    },
    async extend() {
      if (state.kind !== 'held' || state.attempt.made === null) return
      const { attempt } = state
      const { made: hold } = state.attempt
      try {
        await whileBusy(attempt, async () => {
          const booking = await extendHold(hold, attempt.key, attempt.extensions)
          return stateOfBooking({ ...attempt, extensions: attempt.extensions + 1 }, booking)
        })
      } catch (error) {
        // The clinic allows fewer now, or another tab has used them.
        if (refusalCode(error) !== 'already_extended') throw error
        setState({ ...state, attempt: { ...attempt, extensions: extensionsBeyond } })
      }
    },
    async confirm(details, mayOverlap = true, questions = []) {
      if (state.kind !== 'held' || state.attempt.made === null) return
      const attempt = { ...state.attempt, details }
      const { made: hold } = state.attempt
      await whileBusy(attempt, async () =>
        stateOfBooking(attempt, await confirmHold(hold, details, mayOverlap, questions)),
      )
    },
    reread() {
      if (state.kind === 'held') void resume(state.attempt)
    },
    release() {
      if (state.kind === 'held' && state.attempt.made !== null) {
        // If the request is lost, the hold expires later.
        releaseHold(state.attempt.made)
          .catch(() => undefined)
          .finally(rereadSlots)
      }
      abandon()
    },
  }
}

/** The state of the attempt, and everything that changes it. */
function useAttempt(doctorId: string, isShown: boolean) {
  const queryClient = useQueryClient()
  const [state, setState] = useState<HoldState>(() => stateAtStart(doctorId, isShown))
  const [isBusy, setBusy] = useState(false)
  /** Responses to requests sent before the last change are ignored. */
  const generation = useRef(0)

  const rereadSlots = () => queryClient.invalidateQueries({ queryKey: slotsKey(doctorId) })
  /** `key`: of the attempt that this is the outcome of. */
  const become = (next: HoldState, key: string) => {
    const stored = activeAttempt()
    if (stored !== null && stored.key !== key) setState({ kind: 'choosing' })
    else {
      const isOver = next.kind === 'choosing' || next.kind === 'confirmed' || next.kind === 'unavailable'
      // A time that was not held leaves the hold before it as it was.
      setActiveAttempt(isOver ? heldBefore(stored) : next.attempt)
      setState(next)
    }
    // A hold, or its end, changes which slots are free.
    void rereadSlots()
  }
  const resume = async (attempt: Attempt) => {
    generation.current += 1
    const mine = generation.current
    const next = await outcomeOf(attempt)
    if (mine === generation.current) become(next, attempt.key)
  }
  const start = (attempt: Attempt) => {
    setActiveAttempt(attempt)
    setState({ kind: 'requesting', attempt, error: null })
    void resume(attempt)
  }
  const whileBusy = async (attempt: Attempt, act: () => Promise<HoldState>) => {
    setBusy(true)
    try {
      become(await act(), attempt.key)
    } catch (error) {
      // The current state of the booking matters more than the error.
      if (refusalCode(error) === 'hold_expired') become({ kind: 'expired', attempt }, attempt.key)
      else throw error
    } finally {
      setBusy(false)
    }
  }
  const abandon = () => {
    generation.current += 1
    if ('attempt' in state) become({ kind: 'choosing' }, state.attempt.key)
  }
  return { state, isBusy, setState, start, resume, whileBusy, abandon, rereadSlots }
}

function stateAtStart(doctorId: string, isShown: boolean): HoldState {
  const attempt = isShown ? attemptWith(doctorId) : null
  return attempt === null ? { kind: 'choosing' } : { kind: 'requesting', attempt, error: null }
}

function attemptWith(doctorId: string): Attempt | null {
  const attempt = activeAttempt()
  return attempt?.doctorId === doctorId ? attempt : null
}

/** Requests the hold, or reads the booking if it exists. */
async function outcomeOf(attempt: Attempt): Promise<HoldState> {
  try {
    if (attempt.made !== null) return stateOfBooking(attempt, await readHold(attempt.made))
    const { id, manageToken } = await requestBesideFirst(attempt)
    // Only bookings on behalf of somebody else have none.
    if (manageToken === null) throw new Error('The booking came without its manage token.')
    const known = { ...attempt, made: { bookingId: id, manageToken }, replaces: null }
    const stored = activeAttempt()
    if (stored?.key !== attempt.key) {
      // Meanwhile another slot was chosen, or none.
      await releaseHold(known.made).catch(() => undefined)
      return { kind: 'choosing' }
    }
    setActiveAttempt(known)
    // If this request is lost, that hold expires.
    const released = stored.replaces === null ? null : releaseHold(stored.replaces.made).catch(() => undefined)
    // A replayed first response may be outdated, so the booking is read again.
    const [booking] = await Promise.all([readHold(known.made), released])
    return stateOfBooking(known, booking)
  } catch (error) {
    const stored = activeAttempt()
    return stateAfterRefusal(stored?.key === attempt.key ? stored : attempt, error)
  }
}

/**
 * Requests the hold while the one before is still held, so that a refusal does not cost both. Where the clinic allows
 * no other hold beside it, that one is released first.
 */
async function requestBesideFirst(attempt: Attempt): Promise<MadeBooking> {
  try {
    return await requestHold(attempt)
  } catch (error) {
    const stored = activeAttempt()
    if (refusalCode(error) !== 'too_many_bookings' || stored?.key !== attempt.key || stored.replaces === null)
      throw error
    const isReleased = await releaseHold(stored.replaces.made).then(
      () => true,
      () => false,
    )
    if (!isReleased || activeAttempt()?.key !== attempt.key) throw error
    setActiveAttempt({ ...stored, replaces: null })
    return await requestHold(attempt)
  }
}

/** What another tab did: it extended the hold, confirmed or released it, or took another slot. */
function useRemoteChange(state: HoldState, setState: (next: HoldState) => void, resume: (attempt: Attempt) => void) {
  const onChange = useEffectEvent(() => {
    if (state.kind !== 'held' && state.kind !== 'requesting') return
    const { attempt } = state
    const stored = activeAttempt()
    if (stored === null) resume(attempt)
    else if (stored.key !== attempt.key) setState({ kind: 'choosing' })
    else if (state.kind === 'held' && stored.holdExpiresAt !== null) {
      setState({ ...state, attempt: stored, holdExpiresAt: stored.holdExpiresAt })
    }
  })
  useEffect(() => onRemoteAttempt(() => onChange()), [])
}

/** When the time is up, reads the booking: the server's clock decides, and another tab may have extended the hold. */
function useLapse(state: HoldState, resume: (attempt: Attempt) => void): void {
  const expiresAt = state.kind === 'held' ? Date.parse(state.holdExpiresAt) : null
  const onLapse = useEffectEvent(() => {
    if (state.kind === 'held') resume(state.attempt)
  })
  useEffect(() => {
    if (expiresAt === null) return
    const timer = setInterval(() => {
      if (serverNow() > expiresAt + lapseGraceMs) onLapse()
    }, lapseCheckMs)
    return () => clearInterval(timer)
  }, [expiresAt])
}
