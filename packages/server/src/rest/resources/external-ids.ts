import type { ExternalId } from '@holdfast/engine'
import { lengths } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'

const expectedLength = `must have at most ${lengths.identifier} characters in Unicode’s form NFC`

/**
 * External ids as they are stored: without spaces around them, in Unicode's form NFC.
 *
 * @throws ProblemError invalid_request if two are the same then
 */
function storedExternalIds(sent: readonly ExternalId[], path = '/externalIds'): ExternalId[] {
  const stored = sent.map(({ system, value }) => ({ system: storedText(system), value: storedText(value) }))
  const keys = stored.map(({ system, value }) => JSON.stringify([system, value]))
  const repeated = keys.findIndex((key, index) => keys.indexOf(key) !== index)
  // Some characters become several.
  const tooLong = stored.findIndex((id) => Object.values(id).some((text) => [...text].length > lengths.identifier))
  if (tooLong !== -1) throw invalidRequest([{ path: `${path}/${tooLong}`, message: expectedLength }])
  if (repeated !== -1) throw invalidRequest([{ path: `${path}/${repeated}`, message: 'must differ from the others' }])
  return stored
}

/** The external ids of a new thing, if its body has any. @throws ProblemError invalid_request */
export function sentExternalIds({ externalIds }: { externalIds?: ExternalId[] | undefined }): {
  externalIds?: ExternalId[]
} {
  return externalIds === undefined ? {} : { externalIds: storedExternalIds(externalIds) }
}

/** A body with its external ids as they are stored. @throws ProblemError invalid_request */
export function withStoredIds<Body extends { externalIds?: ExternalId[] }>(body: Body): Body {
  return { ...body, ...sentExternalIds(body) }
}

/** The `system|value` of a query; null: there is none. */
export function externalIdIn({ externalId }: { externalId?: string }): ExternalId | null {
  if (externalId === undefined) return null
  const end = externalId.indexOf('|')
  return { system: storedText(externalId.slice(0, end)), value: storedText(externalId.slice(end + 1)) }
}

/** Those of a short list that have the external id of the query; all of them without one. */
export function havingExternalId<Item extends { externalIds: readonly ExternalId[] }>(
  items: Item[],
  query: { externalId?: string },
): Item[] {
  const wanted = externalIdIn(query)
  if (wanted === null) return items
  const { system, value } = wanted
  return items.filter(({ externalIds }) => externalIds.some((id) => id.system === system && id.value === value))
}

function storedText(text: string): string {
  return text.trim().normalize('NFC')
}
