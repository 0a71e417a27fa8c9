/** An outcome of this kind. @throws Error with its kind if it is another */
export function ofKind<Outcome extends { kind: string }, Kind extends Outcome['kind']>(
  outcome: Outcome | undefined,
  kind: Kind,
): Outcome & { kind: Kind } {
  const isOfKind = (one: Outcome | undefined): one is Outcome & { kind: Kind } => one?.kind === kind
  if (!isOfKind(outcome)) throw new Error(outcome?.kind ?? 'There is no outcome.', { cause: outcome })
  return outcome
}
