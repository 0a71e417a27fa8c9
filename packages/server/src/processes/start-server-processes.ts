import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pTimeout from 'p-timeout'
import { AggregatorRegistry } from 'prom-client'
import type { ServeOptions, Serving } from '../compose/start-serving.ts'
import { StartError } from '../lifecycle/start-error.ts'
import { levelOf, onLevelChange } from '../observe/log-level.ts'
import type { FromServerProcess, ToServerProcess } from './process-messages.ts'

const programPath = fileURLToPath(new URL('./server-process.ts', import.meta.url))
/** A process that does not respond in time is missing in the metrics. */
const metricsMsMax = 2_000
/** Longer than the parts of a stop that HOLDFAST_SHUTDOWN_SECONDS_MAX does not bound: connections and backups. */
const stopMsMore = 40_000
/** The pause until a process is started again. It is doubled each time, unless the process has run for a minute. */
const restartMs = { first: 250, max: 30_000, forgottenAfter: 60_000 }

type Ready = Extract<FromServerProcess, { kind: 'ready' }>

/**
 * Serves HTTP in HOLDFAST_PROCESSES processes, which share the port (node:cluster gives each new connection to the next
 * process). This process runs none of the server, only the embedded database. A process that ends is replaced; the
 * others go on. The first one also runs the jobs and the backups.
 *
 * @throws StartError if one of the processes cannot start; then none is left
 */
export async function startServerProcesses(options: ServeOptions): Promise<Omit<Serving, 'metrics'>> {
  const { config, log, signal } = options
  if (config.redisUrl === null && config.rateLimit) {
    log.warn(
      { processes: config.processes },
      'limits are counted in each process: set REDIS_URL to count them together',
    )
  }
  const processes = new ServerProcesses(options)
  const onAbort = () => void processes.stop()
  signal?.addEventListener('abort', onAbort)
  try {
    // The first one creates the initial data.
    const { url, metricsUrl } = await processes.start(1)
    const others = Array.from({ length: config.processes - 1 }, (_, index) => index + 2)
    await Promise.all(others.map((number) => processes.start(number)))
    // A process that must be started again ends by itself, and is replaced.
    return { url, metricsUrl, stop: () => processes.stop() }
  } catch (error) {
    await processes.stop()
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

class ServerProcesses {
  readonly #options: ServeOptions
  readonly #running = new Map<number, Worker>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #metricsWanted = new Map<number, (metrics: object[]) => void>()
  #requests = 0
  #isStopping = false
  readonly #unfollow: () => void

  constructor(options: ServeOptions) {
    this.#options = options
    this.#unfollow = onLevelChange(options.log, (logLevel) => {
      for (const worker of this.#running.values()) send(worker, { kind: 'logLevel', logLevel })
    })
    // Unlike JSON, this format has NaN, which metrics without a value are.
    cluster.setupPrimary({ exec: programPath, args: [], serialization: 'advanced' })
  }

  /** Starts one. Once it was ready, it is started again whenever it ends. @throws StartError if it ends before */
  start(number: number): Promise<Ready> {
    return this.#launch(number, { isFirst: true, delayMs: restartMs.first })
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all([...this.#running.values()].map((worker) => this.#end(worker)))
    this.#unfollow()
  }

  async #launch(number: number, { isFirst, delayMs }: { isFirst: boolean; delayMs: number }): Promise<Ready> {
    if (this.#isStopping) throw new StartError('The server is stopping.')
    const { env, log, say } = this.#options
    const worker = cluster.fork(env)
    const launchedAt = performance.now()
    const ready = Promise.withResolvers<Ready>()
    let reason = 'A server process ended during its start; see above.'
    let isReady = false
    this.#running.set(number, worker)
    worker.on('message', (message: FromServerProcess) => {
      if (message.kind === 'say') say(message.line)
      if (message.kind === 'failed') reason = message.reason
      if (message.kind === 'ownMetrics') this.#metricsWanted.get(message.request)?.(message.metrics)
      if (message.kind === 'allMetricsWanted') void this.#sendMetrics(worker, message.request)
      if (message.kind !== 'ready') return
      isReady = true
      ready.resolve(message)
    })
    worker.on('error', (error) => log.error({ err: error, process: number }, 'a server process failed'))
    worker.once('exit', (code, signal) => {
      this.#running.delete(number)
      ready.reject(new StartError(reason))
      if (this.#isStopping) return
      const ranMs = performance.now() - launchedAt
      const nextMs = ranMs > restartMs.forgottenAfter ? restartMs.first : Math.min(restartMs.max, delayMs * 2)
      if (isReady) log.error({ process: number, code, signal }, 'a server process ended, and is started again')
      if (isReady || !isFirst) this.#launchLater(number, nextMs)
    })
    send(worker, { kind: 'serve', number, logLevel: levelOf(log) })
    return ready.promise
  }

  #launchLater(number: number, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      // It is tried again later, for example if there is no database.
      this.#launch(number, { isFirst: false, delayMs }).catch((error: Error) =>
        this.#options.log.error({ err: error, process: number }, 'a server process could not be started again'),
      )
    }, delayMs)
    this.#timers.add(timer)
  }

  async #end(worker: Worker): Promise<void> {
    const ended = once(worker, 'exit')
    send(worker, { kind: 'stop' })
    const milliseconds = this.#options.config.shutdownSecondsMax * 1000 + stopMsMore
    const fallback = async () => {
      this.#options.log.error({ pid: worker.process.pid }, 'a server process did not stop in time')
      worker.process.kill('SIGKILL')
      await ended
    }
    await pTimeout<unknown, unknown>(ended, { milliseconds, fallback })
  }

  /** The metrics of all processes that respond, added up or whatever suits each metric. */
  async #sendMetrics(to: Worker, request: number): Promise<void> {
    const all = [...this.#running].sort(([a], [b]) => a - b).map(([, worker]) => this.#metricsOf(worker))
    const metrics = (await Promise.all(all)).filter((found) => found !== null)
    const running = {
      name: 'holdfast_processes',
      help: 'Server processes that respond.',
      type: 'gauge',
      aggregator: 'first',
      values: [{ value: metrics.length, labels: {} }],
    }
    const text = await AggregatorRegistry.aggregate([...metrics, [running]]).metrics()
    send(to, { kind: 'allMetrics', request, text })
  }

  #metricsOf(worker: Worker): Promise<object[] | null> {
    this.#requests += 1
    const request = this.#requests
    const received = new Promise<object[]>((resolve) => this.#metricsWanted.set(request, resolve))
    send(worker, { kind: 'ownMetricsWanted', request })
    const response = pTimeout(received, { milliseconds: metricsMsMax, fallback: () => null })
    return response.finally(() => this.#metricsWanted.delete(request))
  }
}

/** One that is just ending cannot be sent anything. */
function send(worker: Worker, message: ToServerProcess): void {
  if (worker.isConnected()) worker.send(message, () => undefined)
}
