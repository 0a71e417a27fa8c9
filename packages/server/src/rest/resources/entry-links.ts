import { restOperations } from '@holdfast/contract'
import { normalizedEmail } from '@holdfast/engine'
import { networkPrefix } from '../../audit/network-prefix.ts'
import type { Principal } from '../../edge/authentication/principal.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/**
 * The way back for patients who have lost the link to their entry of a waitlist: it is sent to the address given, if
 * entries have it. The response is the same in every case, as for tickets, and the request is processed afterwards.
 * Whoever is signed in and has proven the address does not share the mails of a day with strangers.
 */
export function serveEntryLinks(serve: Serve, deps: RestDeps): void {
  serve(restOperations.sendWaitlistLinks, async ({ body, granted: caller, request }) => {
    if (!deps.mails.isAvailable) throw problem('mail_unavailable', 'This server sends no e-mails.')
    await request.server.rateLimits.countTicketLinkRequest(request)
    const clinic = await deps.engine.directory.clinic(body.clinicId)
    if (clinic === null) throw clinicNotFound(body.clinicId)
    const { email, language = null } = body
    const network = networkPrefix(request.ip) ?? request.ip
    const isProven = await hasProven(deps, caller, email)
    await deps.mails.request('entry_link_request', { clinicId: clinic.id, email, language, network, isProven })
    return { status: 202, body: {} }
  })
}

async function hasProven({ accounts }: RestDeps, caller: Principal, email: string): Promise<boolean> {
  if (caller.kind !== 'account') return false
  const proven = await accounts.confirmedEmail(caller.accountId)
  return proven !== null && normalizedEmail(proven) === normalizedEmail(email)
}
