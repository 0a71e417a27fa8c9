import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { problem } from '../errors/problem-error.ts'
import { preview } from './validator.ts'

/** No request needs more than five. A mebibyte of brackets took a second to parse and to quote in the error. */
const nestingMax = 32
/** No object of a request has more than forty. A mebibyte of unknown names took 200 ms to refuse one by one. */
const namesMax = 200

/**
 * Accepts JSON bodies in UTF-8 only. An empty body with a JSON header counts as no body, because many clients always
 * send the header. Invalid UTF-8 is refused: decoding it would silently change a patient's name. So is a name that an
 * object has twice.
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
    else {
      const flaw = flawOf(body)
      if (flaw === null) parseJson(request, body.toString(), done)
      else done(problem('invalid_request', textOf(flaw)))
    }
  })
}

function textOf(flaw: Flaw): string {
  if (flaw.kind === 'nested') return `The body is nested more than ${nestingMax} levels deep.`
  if (flaw.kind === 'wide') return `The body has an object with more than ${namesMax} names.`
  return `The body has the name ${preview(flaw.name)} twice in one object.`
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

type Flaw = { kind: 'nested' } | { kind: 'wide' } | { kind: 'repeated'; name: string }

/**
 * Nesting that is too deep, an object with too many names, or a name that an object has twice: JSON.parse would
 * silently take the last one, where a proxy or another reader may take the first. For valid JSON. The result for
 * anything else does not matter, because the parser refuses it.
 */
function flawOf(json: Buffer): Flaw | null {
  /** The names of each open object; null: a list. */
  const open: (Set<string> | null)[] = []
  let isName = false
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0
    if (byte === quote) {
      const end = endOfString(json, at)
      const names = open.at(-1)
      if (isName && names) {
        const name = nameIn(json.toString('utf8', at, end + 1))
        if (names.has(name)) return { kind: 'repeated', name }
        if (names.size === namesMax) return { kind: 'wide' }
        names.add(name)
        isName = false
      }
      at = end
    } else if (byte === openList || byte === openObject) {
      open.push(byte === openObject ? new Set() : null)
      isName = byte === openObject
    } else if (byte === closeList || byte === closeObject) open.pop()
    else if (byte === comma) isName = open.at(-1) != null
    if (open.length > nestingMax) return { kind: 'nested' }
  }
  return null
}

/** Where the string that begins at `start` ends. */
function endOfString(json: Buffer, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1
  return at
}

/** The name that a string says; invalid ones are left to the parser. */
function nameIn(text: string): string {
  if (!text.includes('\\')) return text.slice(1, -1)
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}
