import Papa from 'papaparse'

/**
 * A table as CSV. Cells that spreadsheets would run as formulas are escaped. Excel needs the byte
 * order mark to detect UTF-8.
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
