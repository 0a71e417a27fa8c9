/** A clinic, the database that has it, and its bookings of this month and the last one. */
export type ClinicLoad = { clinicId: string; clinicNo: number; name: string; shardNo: number; bookings: number }

/** `from` and `to` are numbers of databases. */
export type ProposedMove = ClinicLoad & { from: number; to: number }

/** Databases whose bookings differ by less than this share of the mean are balanced. */
const toleratedShare = 0.1
/** A clinic with more of the difference would only exchange the fullest and the emptiest database. */
const movedShareMax = 0.9

/**
 * Moves after which all databases have about the same number of bookings: each moves the clinic that makes the fullest
 * and the emptiest database most alike. Clinics without bookings stay: a move makes changes wait, and gains nothing.
 *
 * @param clinics the clinics of these databases
 * @param shardNos at least one
 */
export function balancingMoves(
  clinics: readonly ClinicLoad[],
  shardNos: readonly number[],
  movesMax: number,
): ProposedMove[] {
  const left = clinics.filter(({ bookings }) => bookings > 0)
  const loads = loadsOf(left, shardNos)
  const tolerated = (toleratedShare * left.reduce((sum, clinic) => sum + weightOf(clinic), 0)) / shardNos.length
  const moves: ProposedMove[] = []
  // Databases that are too full because of one clinic stay so.
  const sources = new Map(loads)
  while (moves.length < movesMax && sources.size > 0) {
    const [to, from] = [emptiestOf(loads), fullestOf(sources)]
    const gap = (loads.get(from) ?? 0) - (loads.get(to) ?? 0)
    if (gap <= tolerated) break
    const best = left
      .filter((clinic) => clinic.shardNo === from && weightOf(clinic) < gap * movedShareMax)
      .toSorted((one, other) => Math.abs(weightOf(one) - gap / 2) - Math.abs(weightOf(other) - gap / 2))[0]
    if (best === undefined) {
      sources.delete(from)
      continue
    }
    moves.push({ ...best, from, to })
    left[left.indexOf(best)] = { ...best, shardNo: to }
    for (const some of [loads, sources]) carry(some, from, to, best)
  }
  return moves
}

/**
 * Moves that take all clinics out of a database, each to the database that then has the fewest bookings.
 *
 * @param clinics the clinics of all databases
 * @param others the databases that get them, at least one
 */
export function drainingMoves(clinics: readonly ClinicLoad[], from: number, others: readonly number[]): ProposedMove[] {
  const loads = loadsOf(clinics, others)
  return clinics
    .filter((clinic) => clinic.shardNo === from)
    .toSorted((one, other) => weightOf(other) - weightOf(one))
    .map((clinic) => {
      const to = emptiestOf(loads)
      carry(loads, from, to, clinic)
      return { ...clinic, from, to }
    })
}

/** So that clinics without bookings count, too, when a database is drained. */
function weightOf({ bookings }: ClinicLoad): number {
  return bookings + 1
}

function loadsOf(clinics: readonly ClinicLoad[], shardNos: readonly number[]): Map<number, number> {
  const loads = new Map(shardNos.map((no) => [no, 0]))
  for (const clinic of clinics) {
    const load = loads.get(clinic.shardNo)
    if (load !== undefined) loads.set(clinic.shardNo, load + weightOf(clinic))
  }
  return loads
}

function carry(loads: Map<number, number>, from: number, to: number, clinic: ClinicLoad): void {
  for (const [no, change] of [
    [from, -weightOf(clinic)],
    [to, weightOf(clinic)],
  ] as const) {
    const load = loads.get(no)
    if (load !== undefined) loads.set(no, load + change)
  }
}

function emptiestOf(loads: ReadonlyMap<number, number>): number {
  return byLoad(loads)[0] ?? Number.NaN
}

function fullestOf(loads: ReadonlyMap<number, number>): number {
  return byLoad(loads).at(-1) ?? Number.NaN
}

function byLoad(loads: ReadonlyMap<number, number>): number[] {
  return [...loads].sort(([, one], [, other]) => one - other).map(([no]) => no)
}
