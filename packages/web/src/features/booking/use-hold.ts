import type { AppointmentType, Slot } from '@holdfast/contract/client'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { refusalCode } from '../../lib/api-error.ts'
import { serverNow } from '../../lib/server-clock.ts'
import { slotsKey } from '../../lib/slots-query.ts'
import { type Attempt, type Details, keepAttempt, newAttempt, readAttempt } from './attempt.ts'
import { askForHold, confirmHold, extendHold, readHold, releaseHold } from './hold-calls.ts'
import { type HoldState, stateAfterRefusal, stateOfBooking } from './hold-state.ts'

export type Hold = {
  state: HoldState
  /** A change of the hold is on its way. */
  isBusy: boolean
  /** Asks for a time. `details`: typed before, for another time. */
  take(wishes: { slot: Slot; appointmentType: AppointmentType; holder: Attempt['holder']; details: Details }): void
  /** The same time, with a new key, after its hold lapsed. */
  takeAgain(): void
  /** The same request once more, after no answer came. */
  retry(): void
  /** Keeps what was typed for a reload. */
  note(details: Details): void
  /** @throws RefusedError, UnreachableError: the hold is as it was, unless it has ended */
  extend(): Promise<void>
  /** @throws as {@link extend} */
  confirm(details: Details): Promise<void>
  /** Gives the time back, and goes back to choosing. */
  release(): void
}

/** While no answer comes it is asked again every so often. */
const retryMs = 4_000
const lapseCheckMs = 500
/** The clocks agree to about so much. */
const lapseGraceMs = 300

/** The try that this tab is in with this doctor: taken up again when the page is opened, and kept until it is over. */
export function useHold(doctorId: string): Hold {
  const queryClient = useQueryClient()
  const [state, setState] = useState<HoldState>(() => stateAtStart(doctorId))
  const [isBusy, setBusy] = useState(false)
  /** Answers to what was asked before the last change of mind count no longer. */
  const generation = useRef(0)

  const become = (next: HoldState) => {
    const isOver = next.kind === 'choosing' || next.kind === 'confirmed' || next.kind === 'unavailable'
    keepAttempt(isOver ? null : next.attempt)
    setState(next)
    // The hold, or its end, changes what is free.
    void queryClient.invalidateQueries({ queryKey: slotsKey(doctorId) })
  }

  const resume = async (attempt: Attempt) => {
    generation.current += 1
    const mine = generation.current
    const next = await outcomeOf(attempt)
    if (mine === generation.current) become(next)
  }
  const start = (attempt: Attempt) => {
    keepAttempt(attempt)
    setState({ kind: 'requesting', attempt, error: null })
    void resume(attempt)
  }
  const whileBusy = async (act: () => Promise<HoldState>) => {
    setBusy(true)
    try {
      become(await act())
    } catch (error) {
      // What it has become meanwhile is more than what went wrong.
      if (refusalCode(error) === 'hold_expired' && 'attempt' in state)
        become({ kind: 'expired', attempt: state.attempt })
      else throw error
    } finally {
      setBusy(false)
    }
  }

  const onMount = useEffectEvent(() => {
    if (state.kind === 'requesting') void resume(state.attempt)
  })
  useEffect(() => onMount(), [])
  useRetry(state, (attempt) => void resume(attempt))
  useLapse(state, (attempt) => void resume(attempt))

  return {
    state,
    isBusy,
    take: (wishes) => start(newAttempt({ ...wishes, doctorId: wishes.slot.doctorId })),
    takeAgain() {
      if ('attempt' in state) start(newAttempt(state.attempt))
    },
    retry() {
      if ('attempt' in state) start(state.attempt)
    },
    note(details) {
      if (state.kind !== 'held') return
      const attempt = { ...state.attempt, details }
      keepAttempt(attempt)
      setState({ ...state, attempt })
    },
    async extend() {
      if (state.kind !== 'held' || state.attempt.made === null) return
      const { attempt } = state
      const { made } = state.attempt
      await whileBusy(async () => stateOfBooking(attempt, await extendHold(made, attempt.key)))
    },
    async confirm(details) {
      if (state.kind !== 'held' || state.attempt.made === null) return
      const attempt = { ...state.attempt, details }
      const { made } = state.attempt
      await whileBusy(async () => stateOfBooking(attempt, await confirmHold(made, details)))
    },
    release() {
      generation.current += 1
      if (state.kind === 'held' && state.attempt.made !== null) {
        // Should it not arrive, the hold ends by itself.
        releaseHold(state.attempt.made)
          .catch(() => undefined)
          .finally(() => queryClient.invalidateQueries({ queryKey: slotsKey(doctorId) }))
      }
      become({ kind: 'choosing' })
    },
  }
}

function stateAtStart(doctorId: string): HoldState {
  const attempt = readAttempt()
  return attempt?.doctorId === doctorId ? { kind: 'requesting', attempt, error: null } : { kind: 'choosing' }
}

/** Asks for the hold, or about the one that was made. */
async function outcomeOf(attempt: Attempt): Promise<HoldState> {
  try {
    if (attempt.made !== null) return stateOfBooking(attempt, await readHold(attempt.made))
    const made = await askForHold(attempt)
    const known = { ...attempt, made: { bookingId: made.id, manageToken: made.manageToken } }
    keepAttempt(known)
    // A first answer that is told again may be old: what became of it is asked.
    return stateOfBooking(known, await readHold(known.made))
  } catch (error) {
    return stateAfterRefusal(readAttempt() ?? attempt, error)
  }
}

/** A lost connection: asked again by itself, and at once when the network is back. */
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

/** When the time is up, the server is asked: its clock decides, and another tab may have extended the hold. */
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
