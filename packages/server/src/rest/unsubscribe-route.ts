import type { FastifyInstance } from 'fastify'
import { chooseReminders } from './resources/reminder-choices.ts'
import { leaveWaitlistByLink } from './resources/waitlist-departures.ts'
import type { RestDeps } from './rest-deps.ts'

const bodyBytesMax = 10_000

type Link = { Params: { link: string } }
type Unsubscribe = (id: string, token: string) => Promise<unknown>

/**
 * The addresses in the header List-Unsubscribe: mail programs post a form to them when their user presses their button
 * for that (RFC 8058). Whatever only opens one, a program that checks the mail or an older mail program, is led to the
 * page with the button and changes nothing.
 */
export async function unsubscribeRoute(
  app: FastifyInstance,
  { depsOf }: { depsOf(id: string): RestDeps | Promise<RestDeps> },
): Promise<void> {
  const forms = ['application/x-www-form-urlencoded', 'multipart/form-data']
  app.addContentTypeParser(forms, { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, _body, done) => {
    // It says nothing that the address does not.
    done(null, undefined)
  })
  serveUnsubscribe(app, { url: '/api/v1/unsubscribe/:link', page: '/reminders' }, async (bookingId, token) =>
    chooseReminders(await depsOf(bookingId), { bookingId, token, reminders: false }),
  )
  serveUnsubscribe(
    app,
    { url: '/api/v1/unsubscribe/waitlist/:link', page: '/leave-waitlist' },
    async (entryId, token) => leaveWaitlistByLink(await depsOf(entryId), { entryId, token }),
  )
}

function serveUnsubscribe(
  app: FastifyInstance,
  { url, page }: { url: string; page: string },
  unsubscribe: Unsubscribe,
): void {
  const config = { authentication: 'lenient' } as const
  app.post<Link>(url, { config }, async ({ params }, reply) => {
    const [id = '', token = ''] = params.link.split('.')
    await unsubscribe(id, token)
    return reply.code(200).header('cache-control', 'no-store').send({})
  })
  app.get<Link>(url, { config }, async ({ params }, reply) =>
    reply.header('cache-control', 'no-store').redirect(`${page}#${encodeURIComponent(params.link)}`, 303),
  )
}
