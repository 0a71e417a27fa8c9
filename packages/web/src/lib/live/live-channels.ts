import type { OpenChannel } from './live-feed.ts'

/** `/api/v1/live`: `subscribe` adds doctors to the connection, `unsubscribe` removes them. */
export const openWebSocket: OpenChannel = (doctorIds, events) => {
  const url = new URL('/api/v1/live', window.location.origin)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(url)
  let followed: readonly string[] = []
  let wanted = doctorIds
  const send = (type: 'subscribe' | 'unsubscribe', ids: readonly string[]) => {
    if (ids.length > 0) socket.send(JSON.stringify({ type, doctorIds: ids }))
  }
  const follow = () => {
    const [before, after] = [followed, wanted]
    followed = after
    // Unsubscribe first: the number of subscriptions is limited.
    send(
      'unsubscribe',
      before.filter((id) => !after.includes(id)),
    )
    send(
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

/** `/api/v1/live/events`, for networks that block WebSockets. The same messages, one per event. */
export const openEventSource: OpenChannel = (doctorIds, events) => {
  const source = new EventSource(`/api/v1/live/events?${new URLSearchParams({ doctorIds: doctorIds.join(',') })}`)
  for (const type of ['message', 'subscribed', 'slots', 'resync']) {
    source.addEventListener(type, (event) => events.message((event as MessageEvent<unknown>).data))
  }
  // EventSource would reconnect forever; the feed decides what to try next.
  source.addEventListener('error', () => events.closed())
  return { watch: () => false, close: () => source.close() }
}
