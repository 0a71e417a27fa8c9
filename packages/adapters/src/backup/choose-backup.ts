import type { BackupCatalogue, RestorableBackup } from './backup-catalogue.ts'
import { BackupError } from './backup-error.ts'
import { walUntil } from './wal-archive.ts'

export type RestoreChoice = {
  /** The moment to restore; null: the latest. */
  to: Date | null
  /** One backup; null: that which has the moment, or the latest one. */
  id: string | null
  /** This release of Holdfast. */
  release: string
}

/**
 * The backup to restore, with the WAL that the moment needs. Without a moment it is the one whose range ends last, and
 * only if nothing newer is stored: a restore must not end early unless somebody has requested that.
 *
 * @throws BackupError `no_backup`, `outside_range`, `incomplete`, `newer_release`, and the reason why the only one is
 *   unusable
 */
export function chooseBackup(place: string, catalogue: BackupCatalogue, choice: RestoreChoice): RestorableBackup {
  const { backups, unusable } = catalogue
  const { to, id } = choice
  const named = id === null ? backups : backups.filter((backup) => backup.id === id)
  const broken = unusable.filter((backup) => id === null || backup.id === id)
  if (named.length === 0) {
    const newest = broken.at(-1)
    if (newest !== undefined) throw newest.error
    throw new BackupError('no_backup', `There is ${id === null ? 'no backup' : `no backup ${id}`} in ${place}.`)
  }
  const chosen = to === null ? latest(named) : named.findLast(({ from, until }) => from <= to && to <= until)
  if (chosen === undefined) throw outsideRange(place, named, to)
  if (to === null) refuseBeforeTheEnd(place, catalogue, chosen, id)
  if (isNewer(chosen.manifest.release, choice.release)) {
    throw new BackupError(
      'newer_release',
      `The backup ${chosen.id} was made by Holdfast ${chosen.manifest.release}, and this is ${choice.release}: ` +
        'restore it with that release.',
    )
  }
  return { ...chosen, wal: to === null ? chosen.wal : walUntil(chosen.wal, to) }
}

function latest(backups: readonly RestorableBackup[]): RestorableBackup | undefined {
  return backups.toSorted((a, b) => a.until.getTime() - b.until.getTime()).at(-1)
}

/** @throws BackupError if more is stored than can be restored: what is missing, and the last moment before it */
function refuseBeforeTheEnd(
  place: string,
  { archived, unusable }: BackupCatalogue,
  chosen: RestorableBackup,
  id: string | null,
): void {
  const { until } = chosen
  const instead = `To restore the last moment before that, add --to "${until.toISOString()}".`
  if (chosen.gap !== null) throw new BackupError('incomplete', `${describeGap(place, chosen)} ${instead}`)
  if (id !== null) return
  const newer = unusable.findLast((backup) => startOf(backup.id) > until.toISOString().slice(0, 19))
  if (newer !== undefined) throw new BackupError(newer.error.kind, `${newer.error.message} ${instead}`)
  const later = archived.find((archive) => archive.until > until)
  if (later === undefined) return
  throw new BackupError(
    'incomplete',
    `${place} has WAL until ${later.until.toISOString()}, and no copy that it continues (the archive ` +
      `${later.archive}): the copy is missing, can’t be used, or is still being taken. ${instead}`,
  )
}

/** `20270301T101500Z-1a2b3c4d` as `2027-03-01T10:15:00` */
function startOf(id: string): string {
  return id.slice(0, 15).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6')
}

/** What is missing after the end of a backup, for which later WAL is stored. */
export function describeGap(place: string, { id, manifest, until, gap }: RestorableBackup): string {
  return (
    `The backup ${id} ends at ${until.toISOString()}: the next file of its WAL, ${gap}, is missing in ` +
    `${place}/wal/${manifest.archive}, and later ones are there.`
  )
}

function outsideRange(place: string, backups: readonly RestorableBackup[], to: Date | null): BackupError {
  const ranges = mergedRanges(backups).map(({ from, until }) =>
    from.getTime() === until.getTime() ? from.toISOString() : `${from.toISOString()} to ${until.toISOString()}`,
  )
  const before = backups.findLast(({ gap, until }) => gap !== null && to !== null && until < to)
  return new BackupError(
    'outside_range',
    `${to?.toISOString()} can’t be restored. The backups have ${ranges.join(', and ')}.` +
      `${before === undefined ? '' : ` ${describeGap(place, before)}`}`,
  )
}

/** The moments that can be restored. */
export function mergedRanges(backups: readonly { from: Date; until: Date }[]): { from: Date; until: Date }[] {
  const merged: { from: Date; until: Date }[] = []
  for (const { from, until } of backups.toSorted((a, b) => a.from.getTime() - b.from.getTime())) {
    const last = merged.at(-1)
    if (last === undefined || from > last.until) merged.push({ from, until })
    else if (until > last.until) last.until = until
  }
  return merged
}

function isNewer(release: string, than: string): boolean {
  return release.localeCompare(than, 'en', { numeric: true }) > 0
}

/** As long as the longest interval in which WAL is stored: of two archives that end so close, either may be in use. */
const sameEndMs = 3_600_000

/**
 * The last backup of each other archive that has changes of the same time: of a restored copy that was in use for a
 * while, for example, before its former data were used again.
 *
 * @returns `differing`: they have other data for the wanted moment, so somebody has to choose
 */
export function otherHistories(
  backups: readonly RestorableBackup[],
  chosen: RestorableBackup,
  to: Date | null,
): { differing: RestorableBackup[]; ended: RestorableBackup[] } {
  const { archive } = chosen.manifest
  const firstMs = Math.min(
    ...backups.filter(({ manifest }) => manifest.archive === archive).map(({ from }) => from.getTime()),
    chosen.from.getTime(),
  )
  const isOther = ({ manifest, from, until }: RestorableBackup) => {
    if (manifest.archive === null || manifest.archive === archive) return false
    return to === null ? until.getTime() > firstMs : from <= to && to <= until
  }
  const byArchive = new Map(backups.filter(isOther).map((backup) => [backup.manifest.archive, backup]))
  const others = [...byArchive.values()]
  const differs = ({ until }: RestorableBackup) => to !== null || until.getTime() > chosen.until.getTime() - sameEndMs
  return { differing: others.filter(differs), ended: others.filter((other) => !differs(other)) }
}
