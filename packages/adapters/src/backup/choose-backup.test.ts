import { describe, expect, it } from 'vitest'
import type { BackupCatalogue, RestorableBackup } from './backup-catalogue.ts'
import { BackupError } from './backup-error.ts'
import type { BaseManifest } from './base-manifest.ts'
import { chooseBackup, otherHistories, recoverySettings } from './index.ts'

const at = (time: string) => new Date(`2027-03-${time}Z`)

function aBackup(archive: string | null, from: string, until: string, gap: string | null = null): RestorableBackup {
  const id = `${at(from).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${archive ?? 'single'}`
  const manifest = { id, archive, release: '1.2.3' } as BaseManifest
  const moments =
    archive === null ? [] : [at(from), new Date((at(from).getTime() + at(until).getTime()) / 2), at(until)]
  const wal = moments.map((moment, index) => {
    const file = `00000001000000000000000${index}`
    return { key: `wal/${archive}/${file}`, file, untilMs: moment.getTime(), partial: false, sha256: '', mac: null }
  })
  return { id, manifest, mac: null, wal, gap, from: at(from), until: at(until), bytes: 0 }
}

function catalogueOf(backups: RestorableBackup[], more: Partial<BackupCatalogue> = {}): BackupCatalogue {
  return { backups, unusable: [], archived: [], ...more }
}

const choice = { to: null, id: null, release: '1.2.3' }
const choose = (catalogue: BackupCatalogue, more: Partial<{ to: Date; id: string }> = {}) =>
  chooseBackup('/place', catalogue, { ...choice, ...more })

describe('without a moment', () => {
  // The former data were used again on the 5th, after a restored copy had been in use since the 3rd.
  const former = aBackup('aaaa', '01T00:00:00', '09T00:00:00')
  const restored = aBackup('bbbb', '03T00:00:00', '05T00:00:00')
  const catalogue = catalogueOf([former, restored])

  it('the backup is restored whose range ends last, and the other history is known', () => {
    expect(choose(catalogue).id).toBe(former.id)
    const { differing, ended } = otherHistories(catalogue.backups, former, null)
    expect([differing, ended.map(({ id }) => id)]).toEqual([[], [restored.id]])
  })

  it('two histories that end within an hour have to be chosen from', () => {
    const both = [former, aBackup('bbbb', '03T00:00:00', '08T23:30:00')]
    expect(otherHistories(both, former, null).differing.map(({ id }) => id)).toEqual([both[1]?.id])
  })

  it('an archive that ended before the next one began is no other history', () => {
    const next = aBackup('bbbb', '09T00:10:00', '09T00:20:00')
    expect(otherHistories([former, next], next, null)).toEqual({ differing: [], ended: [] })
  })

  it('nothing is restored that ends before newer WAL, which has no usable copy', () => {
    const archived = [{ archive: 'bbbb', until: at('10T00:00:00') }]
    expect(() => choose(catalogueOf([former], { archived }))).toThrow(
      '/place has WAL until 2027-03-10T00:00:00.000Z, and no copy that it continues (the archive bbbb): the copy is ' +
        'missing, can’t be used, or is still being taken. To restore the last moment before that, add --to ' +
        '"2027-03-09T00:00:00.000Z".',
    )
    expect(choose(catalogueOf([former], { archived }), { to: former.until }).id).toBe(former.id)
  })

  it('nothing is restored that ends before a newer copy, which lacks something', () => {
    const error = new BackupError('incomplete', 'The newest one is incomplete.')
    const newest = { id: '20270309T000100Z-cccc', error }
    const broken = catalogueOf([former], { unusable: [newest] })
    expect(() => choose(broken)).toThrow(/The newest one is incomplete. To restore .* add --to "2027-03-09T00:00:00/)
    // A copy that began before that is continued by the same WAL.
    const earlier = catalogueOf([former], { unusable: [{ id: '20270308T000100Z-cccc', error }] })
    expect(choose(earlier).id).toBe(former.id)
  })

  it('nothing is restored that ends before a gap, which is named', () => {
    const gap = aBackup('aaaa', '01T00:00:00', '02T00:00:00', '000000010000000000000009')
    const message =
      /next file of its WAL, 000000010000000000000009, is missing in \/place\/wal\/aaaa.*add --to "2027-03-02/
    expect(() => choose(catalogueOf([gap]))).toThrow(message)
    expect(() => choose(catalogueOf([gap]), { id: gap.id })).toThrow(message)
    expect(() => choose(catalogueOf([gap]), { to: at('02T00:00:01') })).toThrow(
      /can’t be restored.*0000000009, is missing/,
    )
    expect(choose(catalogueOf([gap]), { to: gap.until }).id).toBe(gap.id)
  })
})

describe('a moment', () => {
  it('that two histories have has to be chosen from', () => {
    const both = [aBackup('aaaa', '01T00:00:00', '09T00:00:00'), aBackup('bbbb', '03T00:00:00', '05T00:00:00')]
    const to = at('04T00:00:00')
    const chosen = choose(catalogueOf(both), { to })
    const others = otherHistories(both, chosen, to).differing.map(({ id }) => id)
    expect([chosen.id, ...others].toSorted()).toEqual(both.map(({ id }) => id).toSorted())
    expect(otherHistories(both, choose(catalogueOf(both), { to: at('02T00:00:00') }), at('02T00:00:00'))).toEqual({
      differing: [],
      ended: [],
    })
  })

  it('needs the WAL up to its own, and none that is later', () => {
    const backup = aBackup('aaaa', '01T00:00:00', '09T00:00:00')
    const files = (to: Date) => choose(catalogueOf([backup]), { to }).wal.length
    expect([at('01T00:00:00'), at('03T00:00:00'), at('09T00:00:00')].map(files)).toEqual([1, 2, 3])
    expect(choose(catalogueOf([backup])).wal).toHaveLength(3)
  })

  it('that is the end of a copy without WAL is no target of the recovery, which would look for a later commit', () => {
    const single = aBackup(null, '01T00:00:00', '01T00:00:00')
    expect(recoverySettings(choose(catalogueOf([single]), { to: single.from }), single.from)).not.toHaveProperty(
      'recovery_target_time',
    )
    const continued = aBackup('aaaa', '01T00:00:00', '09T00:00:00')
    expect(recoverySettings(continued, at('02T00:00:00'))).toMatchObject({
      recovery_target_time: '2027-03-02 00:00:00.000+00',
    })
  })
})
