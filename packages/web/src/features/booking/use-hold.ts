import type { AppointmentType, Slot } from '@holdfast/contract/client'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { refusalCode } from '../../lib/api-error.ts'
import { serverNow } from '../../lib/server-clock.ts'
import { slotsKey } from '../../lib/slots-query.ts'
import { type Attempt, type Details, newAttempt, readAttempt, storeAttempt } from './attempt.ts'
import { confirmHold, extendHold, readHold, releaseHold, requestHold } from './hold-calls.ts'
import { type HoldState, stateAfterRefusal, stateOfBooking } from './hold-state.ts'

export type Hold = {
  state: HoldState
  /** A request that changes the hold is under way. */
  isBusy: boolean
  /** Requests a hold. `details`: what was typed before for another slot. */
  take(request: { slot: Slot; appointmentType: AppointmentType; holder: Attempt['holder']; details: Details }): void
  /** Requests the same slot with a new key after its hold expired. */
  requestAgain(): void
  /** Sends the same request again after no response arrived. */
  retry(): void
  /** Stores what was typed, for a reload. */
  note(details: Details): void
  /** @throws RefusedError, UnreachableError: the hold is as it was, unless it has ended */
  extend(): Promise<void>
  /** @throws as {@link extend} */
  confirm(details: Details): Promise<void>
  /** Releases the slot and returns to choosing. */
  release(): void
}

/** Without a response, the request is repeated at this interval. */
const retryMs = 4_000
const lapseCheckMs = 500
/** More than any clinic allows. */
const extensionsBeyond = 100
/** The accuracy of the estimated server clock. */
const lapseGraceMs = 300

/** The attempt of this tab with this doctor: restored when the page is opened, and stored until it ends. */
export function useHold(doctorId: string): Hold {
  const { state, isBusy, setState, start, resume, whileBusy, abandon, rereadSlots } = useAttempt(doctorId)

  const onMount = useEffectEvent(() => {
    if (state.kind === 'requesting') void resume(state.attempt)
  })
  useEffect(() => onMount(), [])
  useRetry(state, (attempt) => void resume(attempt))
  useLapse(state, (attempt) => void resume(attempt))

  return {
    state,
    isBusy,
    take: (request) => start(newAttempt({ ...request, doctorId: request.slot.doctorId })),
    requestAgain() {
      if ('attempt' in state) start(newAttempt(state.attempt))
    },
    retry() {
      if ('attempt' in state) start(state.attempt)
    },
    note(details) {
      if (state.kind !== 'held') return
      const attempt = { ...state.attempt, details }
      storeAttempt(attempt)
      setState({ ...state, attempt })
    },
    async extend() {
      if (state.kind !== 'held' || state.attempt.made === null) return
      const { attempt } = state
      const { made: hold } = state.attempt
      try {
        await whileBusy(async () => {
          const booking = await extendHold(hold, attempt.key, attempt.extensions)
          return stateOfBooking({ ...attempt, extensions: attempt.extensions + 1 }, booking)
        })
      } catch (error) {
        // The clinic allows fewer now, or another tab has used them.
        if (refusalCode(error) !== 'already_extended') throw error
        setState({ ...state, attempt: { ...attempt, extensions: extensionsBeyond } })
      }
    },
    async confirm(details) {
      if (state.kind !== 'held' || state.attempt.made === null) return
      const attempt = { ...state.attempt, details }
      const { made: hold } = state.attempt
      await whileBusy(async () => stateOfBooking(attempt, await confirmHold(hold, details)))
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
function useAttempt(doctorId: string) {
  const queryClient = useQueryClient()
  const [state, setState] = useState<HoldState>(() => stateAtStart(doctorId))
  const [isBusy, setBusy] = useState(false)
  /** Responses to requests sent before the last change are ignored. */
  const generation = useRef(0)

  const rereadSlots = () => queryClient.invalidateQueries({ queryKey: slotsKey(doctorId) })
  const become = (next: HoldState) => {
    const isOver = next.kind === 'choosing' || next.kind === 'confirmed' || next.kind === 'unavailable'
    storeAttempt(isOver ? null : next.attempt)
    setState(next)
    // A hold, or its end, changes which slots are free.
    void rereadSlots()
  }
  const resume = async (attempt: Attempt) => {
    generation.current += 1
    const mine = generation.current
    const next = await outcomeOf(attempt)
    if (mine === generation.current) become(next)
  }
  const start = (attempt: Attempt) => {
    storeAttempt(attempt)
    setState({ kind: 'requesting', attempt, error: null })
    void resume(attempt)
  }
  const whileBusy = async (act: () => Promise<HoldState>) => {
    setBusy(true)
    try {
      become(await act())
    } catch (error) {
      // The current state of the booking matters more than the error.
      if (refusalCode(error) === 'hold_expired' && 'attempt' in state)
        become({ kind: 'expired', attempt: state.attempt })
      else throw error
    } finally {
      setBusy(false)
    }
  }
  const abandon = () => {
    generation.current += 1
    become({ kind: 'choosing' })
  }
  return { state, isBusy, setState, start, resume, whileBusy, abandon, rereadSlots }
}

function stateAtStart(doctorId: string): HoldState {
  const attempt = readAttempt()
  return attempt?.doctorId === doctorId ? { kind: 'requesting', attempt, error: null } : { kind: 'choosing' }
}

/** Requests the hold, or reads the booking if it exists. */
async function outcomeOf(attempt: Attempt): Promise<HoldState> {
  try {
    if (attempt.made !== null) return stateOfBooking(attempt, await readHold(attempt.made))
    const { id, manageToken } = await requestHold(attempt)
    // Only bookings on behalf of somebody else have none.
    if (manageToken === null) throw new Error('The booking came without its manage token.')
    const known = { ...attempt, made: { bookingId: id, manageToken } }
    storeAttempt(known)
    // A replayed first response may be outdated, so the booking is read again.
    return stateOfBooking(known, await readHold(known.made))
  } catch (error) {
    return stateAfterRefusal(readAttempt() ?? attempt, error)
  }
}

/** After a lost connection: retries, immediately once the network is back. */
function useRetry(state: HoldState, resume: (attempt: Attempt) => void): void {
  const attempt = state.kind === 'requesting' && state.error !== null ? state.attempt : null
  const onRetry = useEffectEvent(resume)
  useEffect(() => {
    if (attempt === null) return
    const again = () => onRetry(attempt)
    const timer = setTimeout(again, retryMs)
    window.addEventListener('online', again)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('online', again)
    }
  }, [attempt])
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
