import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ProbeMessage, ProbeReply } from '../live/probe-message.ts'

export type LiveProbe = {
  /** @throws Error for what the probe could not do */
  ask<Kind extends ProbeReply['kind']>(message: ProbeMessage, kind: Kind): Promise<Extract<ProbeReply, { kind: Kind }>>
  stop(): Promise<void>
}

const program = fileURLToPath(new URL('../live/main.ts', import.meta.url))

/** The process of the subscribers. */
export function startLiveProbe(): LiveProbe {
  const child = fork(program, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const lost = once(child, 'exit').then(() => {
    throw new Error('The process of the subscribers ended by itself.')
  })
  lost.catch(() => undefined)
  return {
    async ask(message, kind) {
      const replied = once(child, 'message')
      child.send(message)
      const [reply] = (await Promise.race([replied, lost])) as [ProbeReply]
      if (reply.kind === 'failed') throw new Error(`The subscribers: ${reply.message}`)
      if (reply.kind !== kind) throw new Error(`The subscribers answered ${reply.kind} to ${message.kind}.`)
      // Just compared.
      return reply as Extract<ProbeReply, { kind: typeof kind }>
    },
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
