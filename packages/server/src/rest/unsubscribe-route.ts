import type { FastifyInstance } from 'fastify'
import { chooseReminders } from './resources/reminder-choices.ts'
import type { RestDeps } from './rest-deps.ts'

const bodyBytesMax = 10_000

/**
 * The address in the header List-Unsubscribe: mail programs post a form to it when their user presses their button for
 * that (RFC 8058). A program that only opens it, to check the mail, changes nothing.
 */
export async function unsubscribeRoute(app: FastifyInstance, deps: RestDeps): Promise<void> {
  const forms = ['application/x-www-form-urlencoded', 'multipart/form-data']
  app.addContentTypeParser(forms, { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, _body, done) => {
    // It says nothing that the address does not.
    done(null, undefined)
  })
  app.post<{ Params: { link: string } }>(
    '/api/v1/unsubscribe/:link',
    { config: { admission: 'lenient' } },
    async ({ params }, reply) => {
      const [bookingId = '', token = ''] = params.link.split('.')
      await chooseReminders(deps, { bookingId, token, reminders: false })
      return reply.code(200).header('cache-control', 'no-store').send({})
    },
  )
}
