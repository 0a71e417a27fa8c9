import type { Worker } from 'node:worker_threads'

type ThreadLimits = {
  /** The limit of processor time: on a busy machine, a thread needs as much of it as on an idle one. */
  cpuMsMax: number
  /** The limit of elapsed time, so that the caller gets a result even if the thread gets no processor. */
  wallMsMax: number
}

/** `too_long`: a limit was reached. `ended`: the thread was, for example because it used all of its memory. */
type ThreadResult<Message> = { kind: 'message'; message: Message } | { kind: 'too_long' } | { kind: 'ended' }

const checkMs = 200

/** The first message of a thread, which is ended then, or when it reaches a limit. Never rejects. */
export async function resultOfThread<Message>(
  worker: Worker,
  { cpuMsMax, wallMsMax }: ThreadLimits,
): Promise<ThreadResult<Message>> {
  const result = Promise.withResolvers<ThreadResult<Message>>()
  const tooLong = () => result.resolve({ kind: 'too_long' })
  const check = setInterval(() => {
    // Rejected if the thread has ended.
    const used = worker.cpuUsage().catch(() => ({ user: 0, system: 0 }))
    void used.then(({ user, system }) => {
      if ((user + system) / 1000 >= cpuMsMax) tooLong()
    })
  }, checkMs)
  const timeout = setTimeout(tooLong, wallMsMax)
  const end = () => result.resolve({ kind: 'ended' })
  worker.once('message', (message: Message) => result.resolve({ kind: 'message', message }))
  worker.once('error', end)
  worker.once('exit', end)
  try {
    return await result.promise
  } finally {
    clearInterval(check)
    clearTimeout(timeout)
    await worker.terminate()
  }
}
