import { messageChannels } from '@holdfast/vocabulary'
import type pg from 'pg'
import { runWhenWoken } from '../../lifecycle/run-when-woken.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Metrics } from '../../observe/metrics.ts'
import { type RelayMetrics, startRelay } from '../../relay/start-relay.ts'
import { mailReceiver } from './mail-receiver.ts'
import type { MessageSender } from './message-sender.ts'
import { sendDueMessages } from './send-due-messages.ts'

export type RunningMessages = { stop(): Promise<void> }

/** Plans messages as bookings change, and sends them at once. The job `messages` sends what has to wait. */
export function startMessages(deps: {
  /** The pool of the application role. */
  pool: pg.Pool
  sender: MessageSender
  log: Logger
  metrics?: (RelayMetrics & Pick<Metrics, 'messageDone'>) | undefined
}): RunningMessages {
  const { pool, log, metrics } = deps
  const onMessage = metrics?.messageDone
  // The job repeats it within a minute.
  const onFailure = (error: unknown) => void log.warn({ err: error }, 'messages could not be sent')
  // Each by its own runs: one that waits for the SMS provider must not keep new e-mails waiting.
  const sending = messageChannels.map((channel) =>
    runWhenWoken((signal) => sendDueMessages({ ...deps, onMessage }, { channels: [channel], signal }), onFailure),
  )
  const wake = () => {
    for (const channel of sending) channel.wake()
  }
  const relay = startRelay({ ...deps, receiver: mailReceiver(pool, wake) })
  return {
    async stop() {
      await Promise.all([relay.stop(), ...sending.map((channel) => channel.stop())])
    },
  }
}
