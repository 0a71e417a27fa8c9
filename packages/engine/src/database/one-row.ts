/** The row of a query that always returns one, such as the call of a function. */
export function oneRow<Row>({ rows: [row] }: { rows: readonly Row[] }): Row {
  if (row === undefined) throw new Error('A query that always returns a row returned none.')
  return row
}
