/** One of several server processes; see start-server-processes.ts. */
import { openDatabase } from '../compose/database/open-database.ts'
import { type Serving, startServing } from '../compose/start-serving.ts'
import { settingsAtStart } from '../lifecycle/settings-at-start.ts'
import { reasonOf } from '../lifecycle/start-error.ts'
import { changeLevel, type LogLevel } from '../observe/log-level.ts'
import { createLogger, type Logger } from '../observe/logger.ts'
import type { FromServerProcess, ToServerProcess } from './process-messages.ts'

const started = Promise.withResolvers<Serving>()
const stopping = new AbortController()
const { signal } = stopping
const metricsWanted = new Map<number, (text: string) => void>()
let requests = 0
let log: Logger | null = null

process.on('message', (message: ToServerProcess) => {
  if (message.kind === 'serve') void serve(message)
  if (message.kind === 'logLevel' && log !== null) changeLevel(log, message.logLevel)
  if (message.kind === 'stop') void stop()
  if (message.kind === 'ownMetricsWanted') void sendOwnMetrics(message.request)
  if (message.kind === 'allMetrics') metricsWanted.get(message.request)?.(message.text)
})
// The first process has ended, however it did.
process.once('disconnect', () => void stop())
// A Ctrl-C at the terminal reaches all processes: the first one stops the others.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('SIGTERM', () => void stop())

async function serve({ number, logLevel }: { number: number; logLevel: LogLevel }): Promise<void> {
  const env = process.env
  try {
    // The first process has printed the warnings.
    const settings = settingsAtStart(env, () => undefined)
    const config = { ...settings, runsJobs: settings.runsJobs && number === 1 }
    log = createLogger(logLevel)
    const database = await openDatabase(config, { share: true })
    const say = (line: string) => send({ kind: 'say', line })
    started.resolve(await startServing({ config, env, database, log, say, signal, readAllMetrics }))
    const { url, metricsUrl } = await started.promise
    send({ kind: 'ready', url, metricsUrl })
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) {
      console.error(error)
      process.exit(1)
    }
    send({ kind: 'failed', reason }, () => process.exit(1))
  }
}

async function stop(exitCode = 0): Promise<void> {
  if (signal.aborted) return
  stopping.abort()
  await (await started.promise).stop()
  process.exit(exitCode)
}

function readAllMetrics(): Promise<string> {
  requests += 1
  const request = requests
  return new Promise<string>((resolve) => {
    metricsWanted.set(request, resolve)
    send({ kind: 'allMetricsWanted', request })
  }).finally(() => metricsWanted.delete(request))
}

async function sendOwnMetrics(request: number): Promise<void> {
  const { metrics } = await started.promise
  send({ kind: 'ownMetrics', request, metrics: await metrics.registry.getMetricsAsJSON() })
}

function send(message: FromServerProcess, done: () => void = () => undefined): void {
  if (process.send === undefined || !process.connected) done()
  else process.send(message, done)
}
