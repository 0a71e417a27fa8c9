import type { ExpectedUrl } from './move-connections.ts'
import { MoveRefused } from './move-database.ts'

/** A database with its number. */
export type MoveEnd = ExpectedUrl & { no: number }

/** The error of a rehearsal, which changes nothing, if an earlier call was interrupted during the move. */
export function interrupted(from: MoveEnd, to: MoveEnd): MoveRefused {
  if (from.no === to.no) {
    return new MoveRefused(
      `the clinic has come to ${to.name}, and its old rows are left: delete them without --dry-run`,
    )
  }
  return new MoveRefused(
    `a move from ${from.name} to ${to.name} was interrupted: continue it, or go back, without --dry-run`,
  )
}

export function tookTooLong(msMax: number): MoveRefused {
  return new MoveRefused(`the copy takes longer than ${msMax / 1_000} s, for which changes may wait: see --at-most`)
}

export function drainedRefusal(name: string): MoveRefused {
  return new MoveRefused(`${name} is drained, and gets no clinics: see shards drain --undo`)
}

export function notThere(name: string): MoveRefused {
  return new MoveRefused(`the directory notes the clinic in ${name}, which does not have it`)
}

export function notNewest(name: string): MoveRefused {
  return new MoveRefused(`the copy in ${name} refuses changes, and may not be the newest: see shards choose`)
}

export function bothHave(name: string, clinicNo: number): MoveRefused {
  return new MoveRefused(`${name} has the clinic ${clinicNo} as well: see shards choose`)
}

/** A database that is older than what would be deleted for it, as after its restore. */
export function mayBeOlder(name: string, other: string): MoveRefused {
  return new MoveRefused(`the copy in ${name} may be older than that in ${other}: see shards choose`)
}

export function endOf(databases: readonly MoveEnd[], no: number): MoveEnd {
  const end = databases.find((one) => one.no === no)
  if (end === undefined) throw new MoveRefused(`the clinic is in the database ${no}, which HOLDFAST_SHARDS lacks`)
  return end
}
