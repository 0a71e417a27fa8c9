import { type ChildProcess, fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { until } from './barrier.ts'
import { endProcess } from './end-process.ts'
import { portToKeep } from './port-to-keep.ts'
import type { FromMailServer, MailLine, MailStep, StoredMail, ToMailServer } from './run-mail-server.ts'

export type { StoredMail } from './run-mail-server.ts'

/** An SMTP server in another process, which can be killed at a chosen moment of a mail. */
export type MailServerProcess = {
  /** For SMTP_URL. */
  url: string
  /** It pauses with the next mail: `receiving`: in its data; `stored`: before it replies. @returns its Message-ID */
  pauseAt(step: MailStep): Promise<string | null>
  /** After a pause. */
  continue(): void
  /**
   * Ends it by SIGKILL. @returns the Message-IDs of the mails that it has stored since its start and whose senders may
   * have no reply: it had not replied, or only in the last second
   */
  kill(): Promise<string[]>
  /** Starts it on the same port, with what it has stored. */
  start(): Promise<void>
  /** All mails that it has stored, also before it was killed, in their order. */
  stored(): Promise<StoredMail[]>
}

const script = fileURLToPath(new URL('run-mail-server.ts', import.meta.url))
const pausesWithinMs = 120_000
const startsWithinMs = 120_000
/** A reply that was sent less long before SIGKILL can be lost with the connection. */
const replyArrivesMs = 1_000

/** Starts one. @param file where it stores its mails; it is created */
export async function startMailServerProcess(file: string): Promise<MailServerProcess> {
  const port = await portToKeep()
  let child: ChildProcess | null = null
  let linesBefore = 0
  let last: FromMailServer | null = null
  const lines = async (): Promise<MailLine[]> => {
    const text = await readFile(file, 'utf8').catch(() => '')
    // A line that was being written when it was killed is no line.
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as MailLine)
  }
  const said = (isWanted: (message: FromMailServer) => boolean, what: string, ms: number) =>
    until(
      async () => {
        const end = child === null ? 'killed' : (child.exitCode ?? child.signalCode)
        if (end !== null) throw new Error(`The mail server has ended: ${end}`)
        return last !== null && isWanted(last) ? last : undefined
      },
      () => what,
      ms,
    )
  const send = (message: ToMailServer) => void child?.send(message)
  const server: MailServerProcess = {
    url: `smtp://127.0.0.1:${port}`,
    async pauseAt(step) {
      last = null
      send({ pauseAt: step })
      const paused = await said((message) => message !== 'listening', `a mail to be ${step}`, pausesWithinMs)
      return paused === 'listening' ? null : paused.messageId
    },
    continue: () => send('continue'),
    async kill() {
      if (child === null) return []
      const repliedBeforeMs = Date.now() - replyArrivesMs
      await endProcess(child, 'SIGKILL')
      child = null
      const since = (await lines()).slice(linesBefore)
      const open = new Map<string, number>()
      for (const line of since) if ('stored' in line) count(open, line.stored.messageId, 1)
      for (const line of since) {
        if ('replied' in line && line.atMs < repliedBeforeMs) count(open, line.replied, -1)
      }
      return [...open].filter(([, times]) => times > 0).map(([messageId]) => messageId)
    },
    async start() {
      linesBefore = (await lines()).length
      last = null
      const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
      const started = fork(script, [JSON.stringify({ port, file })], { execArgv: [], stdio: [...stdio] })
      child = started
      // These are errors of what is sent to it after it has ended, which `said` reports.
      started.on('error', () => undefined)
      started.on('message', (message: FromMailServer) => {
        last = message
      })
      await said((message) => message === 'listening', 'the mail server to start', startsWithinMs)
    },
    stored: async () => (await lines()).flatMap((line) => ('stored' in line ? [line.stored] : [])),
  }
  await server.start()
  return server
}

function count(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by)
}
