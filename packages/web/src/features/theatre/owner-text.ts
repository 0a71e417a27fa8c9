import type { Block } from '@holdfast/contract/client'
import type { TFunction } from 'i18next'

type PersonNames = { person(id: string): string }

/** The owner of a block: it is open to all, of a service, a surgeon or both, or everybody's from the beginning. */
export function ownerText(block: Block, names: PersonNames, t: TFunction<'theatre'>): string {
  if (block.isReleased) return t('block.released')
  return ownerName(block, names) ?? t('block.everybody')
}

/** A service, a surgeon, or, as `Urology (Dr. Chen)`, the surgeon's cases of the service. null: neither. */
export function ownerName(
  { service, surgeonId }: Pick<Block, 'service' | 'surgeonId'>,
  { person }: PersonNames,
): string | null {
  if (surgeonId === null) return service
  return service === null ? person(surgeonId) : `${service} (${person(surgeonId)})`
}
