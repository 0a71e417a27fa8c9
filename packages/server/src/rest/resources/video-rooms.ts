import { restOperations } from '@holdfast/contract'
import { videoRoomProblem } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import { problem } from '../../edge/problem-error.ts'
import { invalidRequest, preview } from '../../edge/validator.ts'
import { doctorNotFound, requireDoctor } from '../guards/require-doctor.ts'
import type { RestDeps } from '../rest-deps.ts'
import { serve } from '../route.ts'

/** Where doctors see patients by video: for the doctor and the clinic's people. Patients are told by their booking. */
export function serveVideoRooms(app: FastifyInstance, deps: RestDeps): void {
  const { directory } = deps.engine

  serve(app, restOperations.getVideoRoom, async ({ params, principal }) => {
    const { doctor } = await requireDoctor(deps, principal, params.doctorId)
    const rooms = await directory.videoRooms([doctor.id])
    return { status: 200, body: { url: rooms.get(doctor.id) ?? null } }
  })

  serve(app, restOperations.setVideoRoom, async ({ params, body, principal }) => {
    const { doctor, actor } = await requireDoctor(deps, principal, params.doctorId)
    if (actor.role === 'staff') {
      throw problem('forbidden', 'Your role in this clinic is staff; this needs admin, or the doctor’s own account.')
    }
    const wrong = body.url === null ? null : videoRoomProblem(body.url)
    if (wrong !== null) throw invalidRequest([{ path: '/url', message: `must ${wrong}, not ${preview(body.url)}` }])
    if (!(await directory.setVideoRoom(doctor.id, body.url))) throw doctorNotFound(params.doctorId)
    return { status: 200, body: { url: body.url } }
  })
}
