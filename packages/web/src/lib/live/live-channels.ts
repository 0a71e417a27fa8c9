import type { OpenChannel } from './live-feed.ts'

/** `/api/v1/live`. `subscribe` adds to what the connection follows, `unsubscribe` takes away. */
export const openWebSocket: OpenChannel = (doctorIds, events) => {
  const url = new URL('/api/v1/live', window.location.origin)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(url)
  let followed: readonly string[] = []
  let wanted = doctorIds
  const tell = (type: 'subscribe' | 'unsubscribe', ids: readonly string[]) => {
    if (ids.length > 0) socket.send(JSON.stringify({ type, doctorIds: ids }))
  }
  const follow = () => {
    const [before, after] = [followed, wanted]
    followed = after
    // First away, then to it: a connection follows only so many.
    tell(
      'unsubscribe',
      before.filter((id) => !after.includes(id)),
    )
    tell(
      'subscribe',
      after.filter((id) => !before.includes(id)),
    )
  }
  socket.addEventListener('open', follow)
  socket.addEventListener('message', ({ data }) => events.message(data))
  socket.addEventListener('close', () => events.closed())
  return {
    watch(next) {
      wanted = next
      if (socket.readyState === WebSocket.OPEN) follow()
      return true
    },
    close: () => socket.close(),
  }
}

/** `/api/v1/live/events`, for networks that let no WebSocket through. The same messages, one an event. */
export const openEventSource: OpenChannel = (doctorIds, events) => {
  const source = new EventSource(`/api/v1/live/events?${new URLSearchParams({ doctorIds: doctorIds.join(',') })}`)
  for (const type of ['message', 'subscribed', 'slots', 'resync']) {
    source.addEventListener(type, (event) => events.message((event as MessageEvent<unknown>).data))
  }
  // It would try for itself for ever; whether and what to try next is the feed's to say.
  source.addEventListener('error', () => events.closed())
  return { watch: () => false, close: () => source.close() }
}
