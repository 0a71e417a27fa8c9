import Papa from 'papaparse'

/**
 * A table as a file for spreadsheets. What somebody typed could begin like a formula: such cells are written so that no
 * spreadsheet runs them. The mark at the beginning tells Excel that it is UTF-8.
 */
export function csvOf(rows: readonly Record<string, string | number>[]): string {
  return `\uFEFF${Papa.unparse([...rows], { escapeFormulae: true })}`
}

export function downloadCsv(name: string, rows: readonly Record<string, string | number>[]): void {
  const url = URL.createObjectURL(new Blob([csvOf(rows)], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
