import type { ReactNode, RefObject } from 'react'
import tableClasses from './table.module.css'

type ListTableProps = {
  caption: string
  /** The headings of the columns. null: there is no such column. */
  heads: readonly (string | null)[]
  rowsRef?: RefObject<HTMLTableSectionElement | null>
  /** Whether its rows are those of an earlier request, while others are read. */
  isOlder?: boolean
  isDense?: boolean
  /** The rows. */
  children: ReactNode
}

/** A list as a table, which is one of cards on a narrow screen. */
export function ListTable({ caption, heads, rowsRef, isOlder = false, isDense = false, children }: ListTableProps) {
  const className = isDense ? `${tableClasses.table} ${tableClasses.dense}` : tableClasses.table
  return (
    <table className={className} aria-busy={isOlder} style={isOlder ? { opacity: 0.6 } : {}}>
      <caption className={tableClasses.caption}>{caption}</caption>
      <thead>
        <tr>
          {heads.map((head) =>
            head === null ? null : (
              <th key={head} scope="col">
                {head}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody ref={rowsRef}>{children}</tbody>
    </table>
  )
}
