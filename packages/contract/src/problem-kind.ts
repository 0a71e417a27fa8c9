import type { Static, TProperties } from 'typebox'

/**
 * One kind of problem: its HTTP status, a title that is the same for all its problems, and what the caller can do.
 * `members`: what its documents may have besides. `detail`: what was wrong with a request, if that can be said in one
 * sentence, or from the members. An outcome of the engine with the name and the members of such a kind needs no more.
 */
export type ProblemKind = {
  status: number
  title: string
  help: string
  members?: TProperties
  detail?: string | ((members: never) => string)
}

/** The members of a kind as its documents have them. */
export type MemberValues<Members extends TProperties> = { [Name in keyof Members]: Static<Members[Name]> }

/** A kind whose `detail` is said from its members. */
export function saidFromMembers<Members extends TProperties>(
  kind: Omit<ProblemKind, 'members' | 'detail'> & { members: Members; detail(of: MemberValues<Members>): string },
): typeof kind {
  return kind
}
