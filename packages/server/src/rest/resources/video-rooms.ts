import { restOperations } from '@holdfast/contract'
import { videoRoomProblem } from '@holdfast/engine'
import { invalidRequest, preview } from '../../edge/bodies/validator.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** The doctors' video rooms, for the clinic. Patients get the address of their visit with their booking. */
export function serveVideoRooms(serve: Serve, deps: RestDeps): void {
  const { directory } = deps.engine

  serve(restOperations.getVideoRoom, async ({ granted: { doctor } }) => {
    const rooms = await directory.videoRooms([doctor.id])
    return { status: 200, body: { url: rooms.get(doctor.id) ?? null } }
  })

  serve(restOperations.setVideoRoom, async ({ body: { url }, granted: { doctor } }) => {
    const wrong = url === null ? null : videoRoomProblem(url)
    if (wrong !== null) throw invalidRequest([{ path: '/url', message: `must ${wrong}, not ${preview(url)}` }])
    if (!(await directory.setVideoRoom(doctor.id, url))) throw doctorNotFound(doctor.id)
    return { status: 200, body: { url } }
  })
}
