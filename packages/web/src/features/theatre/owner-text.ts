import type { Block } from '@holdfast/contract/client'
import type { TFunction } from 'i18next'
import type { Names } from './conflict-text.ts'

/** Whose a block is: open to all, a service's, a surgeon's, or everybody's from the beginning. */
export function ownerText(block: Block, names: Pick<Names, 'person'>, t: TFunction<'theatre'>): string {
  if (block.isReleased) return t('block.released')
  if (block.service !== null) return block.service
  return block.surgeonId === null ? t('block.everybody') : names.person(block.surgeonId)
}
