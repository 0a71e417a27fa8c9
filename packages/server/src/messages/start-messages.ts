import type pg from 'pg'
import type { Logger } from '../observe/logger.ts'
import { type RelayMetrics, startRelay } from '../relay/start-relay.ts'
import { mailReceiver } from './mail-receiver.ts'
import { type MessageSender, sendDueMessages } from './send-due-messages.ts'

export type RunningMessages = { stop(): Promise<void> }

/** Plans messages as bookings change, and sends them at once. The job `messages` sends what has to wait. */
export function startMessages(deps: {
  /** Of the application role. */
  pool: pg.Pool
  sender: MessageSender
  log: Logger
  metrics?: RelayMetrics | undefined
}): RunningMessages {
  const { pool, log } = deps
  const stopping = new AbortController()
  let sending: Promise<void> | null = null
  let again = false
  const send = async () => {
    do {
      again = false
      // The job repeats it within a minute.
      const onError = (error: unknown) => void log.warn({ err: error }, 'messages could not be sent')
      await sendDueMessages(deps, stopping.signal).catch(onError)
    } while (again && !stopping.signal.aborted)
    sending = null
  }
  const wake = () => {
    again = true
    sending ??= send()
  }
  const relay = startRelay({ ...deps, receiver: mailReceiver(pool, wake) })
  return {
    async stop() {
      stopping.abort()
      await relay.stop()
      await sending
    },
  }
}
