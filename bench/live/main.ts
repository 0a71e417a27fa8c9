// The subscribers, in a separate process so that a thousand listeners do not slow down the load generator. Executes the
// messages of its IPC channel one at a time, and ends with its parent.
import { measureDelays } from './measure-delays.ts'
import type { ProbeMessage, ProbeReply } from './probe-message.ts'
import { Subscribers } from './subscribers.ts'

let subscribers = new Subscribers()

async function replyTo(message: ProbeMessage): Promise<ProbeReply> {
  switch (message.kind) {
    case 'subscribe':
      await subscribers.open(message.target, message.doctorIds, message.sockets)
      return { kind: 'done' }
    case 'measure':
      return { kind: 'delays', delays: await measureDelays(subscribers, message) }
    case 'count':
      return { kind: 'count', messages: subscribers.messages, closed: subscribers.closed, resyncs: subscribers.resyncs }
    case 'close':
      subscribers.close()
      subscribers = new Subscribers()
      return { kind: 'done' }
  }
}

process.on('message', (message: ProbeMessage) => {
  replyTo(message).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ kind: 'failed', message: String(error) } satisfies ProbeReply),
  )
})
process.on('disconnect', () => process.exit(0))
