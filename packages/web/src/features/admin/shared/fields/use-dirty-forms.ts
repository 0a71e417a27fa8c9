import { useCallback, useEffect, useState } from 'react'

/** The name of a form of the page, and whether it has changes that are not saved. */
export type ReportDirty = (form: string, isDirty: boolean) => void

/** Whether any of the page's forms has changes that are not saved. */
export function useDirtyForms(): { isDirty: boolean; report: ReportDirty } {
  const [dirty, setDirty] = useState<readonly string[]>([])
  const report = useCallback<ReportDirty>((form, isDirty) => {
    setDirty((before) => {
      if (before.includes(form) === isDirty) return before
      return isDirty ? [...before, form] : before.filter((one) => one !== form)
    })
  }, [])
  return { isDirty: dirty.length > 0, report }
}

/** Reports a form's state while it is shown. */
export function useReportDirty(form: string, isDirty: boolean, report: ReportDirty): void {
  useEffect(() => {
    report(form, isDirty)
    return () => report(form, false)
  }, [form, isDirty, report])
}
