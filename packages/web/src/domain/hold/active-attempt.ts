import { useSyncExternalStore } from 'react'
import { serverNow } from '../../lib/time/server-clock.ts'
import {
  type Attempt,
  type AttemptRequest,
  type HeldAttempt,
  newAttempt,
  readAttempt,
  storeAttempt,
} from './attempt.ts'

declare module '@tanstack/history' {
  interface HistoryState {
    /** The entry of a doctor's page that shows the hold. Going back from it leads to the times. */
    hold?: true
  }
}

/** What tabs of this site tell each other. `ended`: the key of the attempt. The token never leaves the browser. */
type Message = { kind: 'request' } | { kind: 'active'; attempt: Attempt } | { kind: 'ended'; key: string }

const localListeners = new Set<() => void>()
const remoteListeners = new Set<() => void>()
let channel: BroadcastChannel | undefined

/**
 * The attempt of this browser: each tab stores it for itself, and they tell each other when it changes, so that a hold
 * is seen, continued and replaced from any of them. null: none.
 */
export function activeAttempt(): Attempt | null {
  return readAttempt()
}

/** Stores the attempt and passes it on to the other tabs; null when it is over. */
export function setActiveAttempt(attempt: Attempt | null): void {
  const before = readAttempt()
  storeAttempt(attempt)
  notify(localListeners)
  if (attempt === null) {
    if (before !== null) channel?.postMessage({ kind: 'ended', key: before.key } satisfies Message)
  } else if (attempt.made !== null && !isSameHold(before, attempt)) {
    channel?.postMessage({ kind: 'active', attempt } satisfies Message)
  }
}

/** Whether the slot is still held, as far as this browser knows. */
export function isHeld(attempt: Attempt | null): attempt is HeldAttempt {
  return attempt?.made != null && attempt.holdExpiresAt !== null && Date.parse(attempt.holdExpiresAt) > serverNow()
}

/** A new attempt, which replaces the hold of this browser: a patient needs one place. */
export function attemptToHold(request: AttemptRequest): Attempt {
  const before = readAttempt()
  return newAttempt(request, isHeld(before) ? before : heldBefore(before))
}

/** The hold that the attempt was to replace, if it is still held. */
export function heldBefore(attempt: Attempt | null): HeldAttempt | null {
  const before = attempt?.replaces ?? null
  return isHeld(before) ? before : null
}

/** Calls back when another tab has changed the attempt. */
export function onRemoteAttempt(listener: () => void): () => void {
  remoteListeners.add(listener)
  return () => remoteListeners.delete(listener)
}

/** The attempt of this browser, for showing. */
export function useActiveAttempt(): Attempt | null {
  return useSyncExternalStore(subscribe, shownAttempt)
}

function subscribe(listener: () => void): () => void {
  localListeners.add(listener)
  if (channel === undefined) share()
  return () => localListeners.delete(listener)
}

let shown: { text: string; attempt: Attempt | null } = { text: 'null', attempt: null }

/** The same object until it changes. */
function shownAttempt(): Attempt | null {
  const attempt = readAttempt()
  const text = JSON.stringify(attempt)
  if (text !== shown.text) shown = { text, attempt }
  return shown.attempt
}

/** Takes part in what the tabs tell each other from now on. */
function share(): void {
  channel = new BroadcastChannel('holdfast-hold')
  channel.onmessage = ({ data }: MessageEvent<Message>) => receive(data)
  if (readAttempt() === null) channel.postMessage({ kind: 'request' } satisfies Message)
}

function receive(message: Message): void {
  const own = readAttempt()
  if (message.kind === 'request') {
    if (own !== null && isHeld(own)) channel?.postMessage({ kind: 'active', attempt: own } satisfies Message)
    return
  }
  if (message.kind === 'ended') {
    // It was confirmed or released there: it is neither released nor continued here.
    if (own?.replaces?.key === message.key) storeAttempt({ ...own, replaces: null })
    if (own?.key !== message.key) return
    storeAttempt(null)
  } else {
    // While this tab waits for its own hold, the newest request counts.
    if (own !== null && own.made === null) return
    const { attempt } = message
    storeAttempt(own?.key === attempt.key ? { ...attempt, details: own.details } : attempt)
  }
  notify(localListeners)
  notify(remoteListeners)
}

function isSameHold(one: Attempt | null, other: Attempt): boolean {
  return (
    one?.key === other.key &&
    one.made?.bookingId === other.made?.bookingId &&
    one.holdExpiresAt === other.holdExpiresAt &&
    one.extensions === other.extensions
  )
}

function notify(listeners: ReadonlySet<() => void>): void {
  for (const listener of listeners) listener()
}
