/**
 * A reference as tickets show it, `004E-81F2`, from what somebody typed: in any case, with or without the hyphen and
 * spaces. null: it is none.
 */
export function normalReference(typed: string): string | null {
  const [, first, second] = /^([0-9a-f]{4})([0-9a-f]{4})$/i.exec(typed.replaceAll(/[\s\u2010-\u2015-]/g, '')) ?? []
  return first === undefined || second === undefined ? null : `${first}-${second}`.toUpperCase()
}
