import { ErrorOfKind } from '@holdfast/vocabulary'

export type ArchiveRefusal =
  | 'running'
  | 'too_young'
  | 'in_use'
  | 'locked'
  | 'being_restored'
  | 'being_archived'
  | 'file_exists'
  | 'not_an_archive'
  | 'damaged'
  | 'newer_schema'
  | 'not_archived_here'
  | 'another_archive'

/** Why a month was not archived or restored. No row is lost: each is in its table, in `archived_row` or in a file. */
export class ArchiveRefused extends ErrorOfKind<ArchiveRefusal> {
  override readonly name = 'ArchiveRefused'
}
