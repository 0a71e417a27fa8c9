import { setTimeout as delay } from 'node:timers/promises'
import { portToKeep } from '@holdfast/testkit'
import type { Ending } from '../cluster/ending.ts'
import { holdfast, untilReady } from '../cluster/holdfast-process.ts'

/** A server process that is started again when it ends by itself, as systemd does it. */
export type SupervisedServer = {
  url: string
  log: string
  /** With which codes it has ended by itself. */
  endings: (number | null)[]
}

const lookMs = 100
const host = '127.0.0.1'

/** Starts a server, and waits until it is ready. */
export async function superviseServer(
  name: string,
  directory: string,
  settings: Record<string, string>,
  ending: Ending,
): Promise<SupervisedServer> {
  const port = await portToKeep()
  const url = `http://${host}:${port}`
  const start = () => holdfast(name, 'start', directory, { ...settings, PORT: String(port) })
  let process = start()
  let isStopped = false
  const endings: (number | null)[] = []
  const supervise = async () => {
    while (!isStopped) {
      await delay(lookMs)
      if (isStopped || !process.hasEnded()) continue
      endings.push(process.exitCode())
      process = start()
    }
  }
  const supervising = supervise()
  await ending.add(`to stop ${name}`, async () => {
    isStopped = true
    await supervising
    await process.end()
  })
  await untilReady(process, url)
  return { url, log: process.log, endings }
}
