// The load generator, a separate process: it shares only the machine with what it measures. Runs the jobs that arrive
// on its IPC channel, one at a time, and exits with its parent.
import { messageOf } from '@holdfast/vocabulary'
import type { LoadMessage, LoadReply } from './load-job.ts'
import { runLoad } from './run-load.ts'

function reply(message: LoadReply): void {
  process.send?.(message)
}

process.on('message', (message: LoadMessage) => {
  runLoad(message.job).then(
    (result) => reply({ kind: 'result', result }),
    (error: unknown) => reply({ kind: 'failed', message: messageOf(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
