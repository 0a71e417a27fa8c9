import type { UpdatesResult } from './run-updates-drill.ts'

/** The result as a table. */
export function updatesTable(result: UpdatesResult): string {
  const rows = [
    ['bookings before', `${result.bookings}, in ${result.shards} shards`],
    ...result.updates.flatMap(({ release, killedAfter, seconds, moved, gapMs, ...update }) => [
      [`update to the ${release} release`, `${seconds.toFixed(1)} s, while ${moved} was moved`],
      ...killedAfter.map(({ migrations, shards }) => [
        'killed before',
        `with ${migrations} migrations, and ${shards} shards up to date`,
      ]),
      ['not as it should be', update.failed.join('; ') || 'nothing'],
      ['shards written again', `${update.writtenAgain}, and ${update.writtenByFormer} by the former release`],
      ['longest time without an acknowledgement', `${gapMs} ms, of all shards`],
    ]),
    ['acknowledged', String(result.acknowledged)],
    ['lost', String(result.lost)],
    ['duplicated', String(result.duplicated)],
    ['repeated, with their keys', String(result.repeated)],
    ['verify', `${result.verify.mismatches} mismatches, ${result.verify.overbooked} overbooked`],
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(42)}${value}\n`).join('')
}

/** What must not have happened. */
export function failuresOfUpdates({ updates, lost, duplicated, verify }: UpdatesResult): string[] {
  return [
    ...(updates.length === 0 ? ['there was no update'] : []),
    ...updates.flatMap(({ release, killedAfter, failed, trueBefore, writtenAgain, writtenByFormer }) => [
      ...(killedAfter.length > 0 ? [] : [`the update to the ${release} release was not killed`]),
      ...failed.map((check) => `after the update to the ${release} release: ${check}`),
      ...trueBefore.map((check) => `${check} is true without the ${release} release: the check proves nothing`),
      ...(writtenAgain === 0 ? [] : [`a repeated update to the ${release} release wrote ${writtenAgain} shards`]),
      ...(writtenByFormer === 0 ? [] : [`a former release wrote ${writtenByFormer} shards of the ${release} one`]),
    ]),
    ...(lost === 0 ? [] : [`${lost} acknowledged bookings were lost`]),
    ...(duplicated === 0 ? [] : [`${duplicated} bookings were made twice`]),
    ...(verify.mismatches + verify.overbooked === 0 ? [] : ['the shards are not what their logs say']),
  ]
}
