import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadJob, LoadMessage, LoadReply, LoadResult } from '../load/load-job.ts'

export type LoadGenerator = { run(job: LoadJob): Promise<LoadResult>; stop(): Promise<void> }

const program = fileURLToPath(new URL('../load/main.ts', import.meta.url))

/** Starts the generator's process, which runs one job at a time. */
export function startLoadGenerator(): LoadGenerator {
  const child = fork(program, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const lost = once(child, 'exit').then(() => {
    throw new Error('The load generator ended unexpectedly.')
  })
  lost.catch(() => undefined)
  return {
    async run(job) {
      const message: LoadMessage = { kind: 'run', job }
      const replied = once(child, 'message')
      child.send(message)
      const [reply] = (await Promise.race([replied, lost])) as [LoadReply]
      if (reply.kind === 'failed') throw new Error(`The load generator: ${reply.message}`)
      return reply.result
    },
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
