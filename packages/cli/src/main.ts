import { readAtMost } from './read-at-most.ts'
import { runCommandLine } from './run-command-line.ts'
import { stopWithParent } from './stop-with-parent.ts'
import { createTerminal } from './terminal.ts'

// `holdfast doctor | head` closes stdout early, which is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(process.exitCode ?? 0)
})

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second signal means: stop immediately.
    if (stop.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143)
    stop.abort(signal)
  })
}

stopWithParent()

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  terminal: createTerminal(process.stdout, process.stderr),
  readStdin: (bytesMax) => readAtMost(process.stdin, bytesMax),
  signal: stop.signal,
})
