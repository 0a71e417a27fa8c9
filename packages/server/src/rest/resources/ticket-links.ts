import { restOperations } from '@holdfast/contract'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/**
 * The way back for patients who have lost their ticket: its link is sent to the address given, if and only if it is the
 * booking's. The response, and the time until it, are the same in every case: the request is stored, and processed
 * afterwards.
 */
export function serveTicketLinks(serve: Serve, deps: RestDeps): void {
  serve(restOperations.sendTicketLink, async ({ body, request }) => {
    if (!deps.mails.isAvailable) throw problem('mail_unavailable', 'This server sends no e-mails.')
    const { rateLimits } = request.server
    await rateLimits.countTicketLinkRequest(request)
    const clinic = await deps.engine.directory.clinic(body.clinicId)
    if (clinic === null) throw clinicNotFound(body.clinicId)
    const { day, reference, email, language = null } = body
    const network = networkPrefix(request.ip) ?? request.ip
    await deps.mails.request('ticket_link_request', { clinicId: clinic.id, day, reference, email, language, network })
    return { status: 202, body: {} }
  })
}
