/**
 * Live changes of a clinic's operating theatre: the server-sent events of
 * `GET /api/v1/clinics/{clinicId}/theatre/live`, for members of the clinic who are signed in. They say that something
 * changed and not what, so that nobody gets more than they may read: after each one, read the board again
 * (`GET /clinics/{clinicId}/theatre`) and what else is shown (cases, the waitlist, blocks). A browser connects with
 * `new EventSource(path)`, which sends the session's cookie.
 *
 * `event: theatre`, `data` a JSON text of {@link theatreSignalSchema}. The first one arrives when the connection is
 * open, and again whenever an EventSource has reconnected. At most two a second. The end of a hold is not a change:
 * `holdExpiresAt` says when what it takes is free.
 *
 * The server checks the session and the role again every 30 seconds, and ends the stream if they no longer give access.
 * An EventSource then reconnects, gets 401, 403 or 404, and stays closed.
 */
import Type, { type Static } from 'typebox'
import { positionPattern } from './position.ts'
import { component } from './schemas/object.ts'

export const theatreSignalSchema = component('TheatreSignal', {
  /** `connected`: changes are reported from now on. `changed`: read again. */
  type: Type.Unsafe<'connected' | 'changed'>({ type: 'string', enum: ['connected', 'changed'] }),
  /** Everything at or before it is in what is read after this event. */
  position: Type.String({ pattern: positionPattern }),
})
export type TheatreSignal = Static<typeof theatreSignalSchema>

/** Where the events are served. */
export function theatreLivePath(clinicId: string): string {
  return `/api/v1/clinics/${clinicId}/theatre/live`
}
