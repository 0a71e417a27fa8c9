import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { problem } from './problem-error.ts'

/**
 * Bodies are JSON in UTF-8 and nothing else. An announced but empty one counts as none: many clients always send the
 * header. Broken UTF-8 is refused: read as text, it would change a patient's name without a word.
 */
export function readJsonOnly(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (body.length === 0) done(null, undefined)
    else if (encoding !== 'identity')
      done(problem('unsupported_media_type', 'The body has a Content-Encoding: send it plain.'))
    else if (!isUtf8(body)) done(problem('invalid_request', 'The body is not UTF-8 text.'))
    else parseJson(request, body.toString(), done)
  })
}
