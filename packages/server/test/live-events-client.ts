import { until } from '@holdfast/testkit'

export type ReceivedEvent = { event: string; id: string | null; data: Record<string, unknown> }

/** A client of server-sent events. It parses the part of the standard that the server uses. */
export type EventsClient = {
  status: number
  headers: Headers
  received: ReceivedEvent[]
  /** The last id, also one sent with a comment. */
  lastEventId(): string | null
  comments(): number
  /** Resolves when the server has ended the stream. */
  ended: Promise<void>
  waitFor(event: string): Promise<ReceivedEvent>
  end(): Promise<void>
}

export async function eventsClient(url: string, headers: Record<string, string> = {}): Promise<EventsClient> {
  const aborting = new AbortController()
  const response = await fetch(url, { headers, signal: aborting.signal })
  const received: ReceivedEvent[] = []
  let lastEventId: string | null = null
  let comments = 0
  let text = ''
  const take = (block: string) => {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const at = line.indexOf(':')
      if (at === 0) comments += 1
      else fields.set(line.slice(0, at), line.slice(at + 1).trimStart())
    }
    lastEventId = fields.get('id') ?? lastEventId
    const data = fields.get('data')
    if (data === undefined) return
    received.push({ event: fields.get('event') ?? 'message', id: fields.get('id') ?? null, data: JSON.parse(data) })
  }
  const read = async () => {
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
      if (done) return
      text += value ?? ''
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        take(text.slice(0, end))
        text = text.slice(end + 2)
      }
    }
  }
  const ended = read().catch((error: unknown) => {
    if (!aborting.signal.aborted) throw error
  })
  return {
    status: response.status,
    headers: response.headers,
    received,
    lastEventId: () => lastEventId,
    comments: () => comments,
    ended,
    waitFor: (event) =>
      until(
        async () => received.find((one) => one.event === event),
        () => `an event ${event}; there are ${JSON.stringify(received).slice(0, 500)}`,
        45_000,
      ),
    async end() {
      aborting.abort()
      await ended
    },
  }
}
