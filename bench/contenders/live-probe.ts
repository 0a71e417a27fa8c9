import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ProbeMessage, ProbeReply } from '../live/probe-message.ts'

export type LiveProbe = {
  /** @throws Error when the probe fails */
  request<Kind extends ProbeReply['kind']>(
    message: ProbeMessage,
    kind: Kind,
  ): Promise<Extract<ProbeReply, { kind: Kind }>>
  stop(): Promise<void>
}

const program = fileURLToPath(new URL('../live/main.ts', import.meta.url))

/** Starts the process of the subscribers. */
export function startLiveProbe(): LiveProbe {
  const child = fork(program, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const lost = once(child, 'exit').then(() => {
    throw new Error('The process of the subscribers ended unexpectedly.')
  })
  lost.catch(() => undefined)
  return {
    async request(message, kind) {
      const replied = once(child, 'message')
      child.send(message)
      const [reply] = (await Promise.race([replied, lost])) as [ProbeReply]
      if (reply.kind === 'failed') throw new Error(`The subscribers: ${reply.message}`)
      if (reply.kind !== kind) throw new Error(`The subscribers replied ${reply.kind} to ${message.kind}.`)
      // `kind` was compared in the line above.
      return reply as Extract<ProbeReply, { kind: typeof kind }>
    },
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
