/**
 * Alternates the rounds: A B C, A B C, … so that changes of the machine's speed affect all of them alike.
 *
 * @returns each one's rounds, in the order of `all`
 */
export async function alternate<One, Result>(
  all: readonly One[],
  rounds: number,
  run: (one: One, round: number) => Promise<Result>,
): Promise<Result[][]> {
  const results: Result[][] = all.map(() => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, one] of all.entries()) results[index]?.push(await run(one, round))
  }
  return results
}
