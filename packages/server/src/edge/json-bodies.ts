import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { problem } from './problem-error.ts'

/** No request has more than five. A mebibyte of brackets took a second to read and to quote in its refusal. */
const nestingMax = 32

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
    else if (isNestedDeeper(body, nestingMax))
      done(problem('invalid_request', `The body is nested more than ${nestingMax} levels deep.`))
    else parseJson(request, body.toString(), done)
  })
}

const quote = 0x22
const backslash = 0x5c
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Of JSON; what is none may be told anything, the parser refuses it. */
function isNestedDeeper(json: Buffer, levelsMax: number): boolean {
  let levels = 0
  let isInText = false
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0
    if (isInText) {
      if (byte === backslash) at += 1
      else if (byte === quote) isInText = false
    } else if (byte === quote) isInText = true
    else if (byte === openList || byte === openObject) levels += 1
    else if (byte === closeList || byte === closeObject) levels -= 1
    if (levels > levelsMax) return true
  }
  return false
}
