import { until } from '@holdfast/testkit'

export type HeardEvent = { event: string; id: string | null; data: Record<string, unknown> }

/** A client of server-sent events that parses as the standard says, as far as the server uses it. */
export type EventsClient = {
  status: number
  headers: Headers
  heard: HeardEvent[]
  /** The last id, of comments with an id too. */
  lastEventId(): string | null
  comments(): number
  /** Settles when the server has ended the stream. */
  ended: Promise<void>
  hears(event: string): Promise<HeardEvent>
  end(): Promise<void>
}

export async function eventsClient(url: string, headers: Record<string, string> = {}): Promise<EventsClient> {
  const aborting = new AbortController()
  const response = await fetch(url, { headers, signal: aborting.signal })
  const heard: HeardEvent[] = []
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
    heard.push({ event: fields.get('event') ?? 'message', id: fields.get('id') ?? null, data: JSON.parse(data) })
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
    heard,
    lastEventId: () => lastEventId,
    comments: () => comments,
    ended,
    hears: (event) =>
      until(
        async () => heard.find((one) => one.event === event),
        () => `an event ${event}; there are ${JSON.stringify(heard).slice(0, 500)}`,
        45_000,
      ),
    async end() {
      aborting.abort()
      await ended
    },
  }
}
