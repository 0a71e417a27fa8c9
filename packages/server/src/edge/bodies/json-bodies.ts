import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { problem } from '../errors/problem-error.ts'

/** No request needs more than five. A mebibyte of brackets took a second to parse and to quote in the error. */
const nestingMax = 32

/**
 * Accepts JSON bodies in UTF-8 only. An empty body with a JSON header counts as no body, because many clients always
 * send the header. Invalid UTF-8 is refused: decoding it would silently change a patient's name.
 */
export function readJsonOnly(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (body.length === 0) done(null, undefined)
    else if (encoding !== 'identity')
      done(problem('unsupported_media_type', 'The body has a Content-Encoding: send it uncompressed.'))
    else if (!isUtf8(body)) done(problem('invalid_request', 'The body is not UTF-8 text.'))
    else if (isNestedDeeper(body, nestingMax))
      done(problem('invalid_request', `The body is nested more than ${nestingMax} levels deep.`))
    else parseJson(request, body.toString(), done)
  })
}

const quote = 0x22
const backslash = 0x5c
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/** For valid JSON. The result for anything else does not matter, because the parser refuses it. */
function isNestedDeeper(json: Buffer, levelsMax: number): boolean {
  let levels = 0
  let isInString = false
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0
    if (isInString) {
      if (byte === backslash) at += 1
      else if (byte === quote) isInString = false
    } else if (byte === quote) isInString = true
    else if (byte === openList || byte === openObject) levels += 1
    else if (byte === closeList || byte === closeObject) levels -= 1
    if (levels > levelsMax) return true
  }
  return false
}
