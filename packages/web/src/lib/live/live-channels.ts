import type { OpenChannel } from './live-feed.ts'

/** `/api/v1/live`: one `subscribe` names all doctors that are watched; a later one takes its place. */
export const openWebSocket: OpenChannel = (doctorIds, events) => {
  const url = new URL('/api/v1/live', window.location.origin)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(url)
  let wanted = doctorIds
  const subscribe = () => socket.send(JSON.stringify({ type: 'subscribe', doctorIds: wanted }))
  socket.addEventListener('open', subscribe)
  socket.addEventListener('message', ({ data }) => events.message(data))
  socket.addEventListener('close', () => events.closed())
  return {
    watch(next) {
      wanted = next
      if (socket.readyState === WebSocket.OPEN) subscribe()
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
