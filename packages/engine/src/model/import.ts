import type { NewClinic } from './clinic.ts'
import type { NewDoctor } from './doctor.ts'
import type { SlotDraft } from './slot.ts'

/** One of the lists of an import, and where in it: `row` is the line or item number that the file's author sees. */
export type ImportList = 'clinics' | 'doctors' | 'slots'

/** `key` is the name by which doctors of the same import refer to the clinic; null: none does. */
export type ImportClinic = NewClinic & { row: number; key: string | null }

/**
 * `clinic`: the key of a clinic of this import, or the id of an existing one. `key` is the name by which slots refer to
 * the doctor. `videoRoom`: an address that is valid by videoRoomProblem; null: none.
 */
export type ImportDoctor = NewDoctor & { row: number; key: string | null; clinic: string; videoRoom: string | null }

/** `doctor`: the key of a doctor of this import, or the id of an existing one. */
export type ImportSlot = SlotDraft & { row: number; doctor: string }

export type DirectoryImport = { clinics: ImportClinic[]; doctors: ImportDoctor[]; slots: ImportSlot[] }

export type ImportProblem = { list: ImportList; row: number; message: string }

/**
 * `existing` and `skipped` existed before, and are left as they are. `differing` slots of the skipped ones have another
 * capacity than the import.
 */
export type ImportCounts = {
  clinics: { created: number; existing: number }
  doctors: { created: number; existing: number }
  slots: { created: number; skipped: number; differing: number }
}

export type ImportOutcome =
  /** The counts of what was created, or in a dry run would be. `position` null: nothing was written. */
  | { kind: 'imported'; counts: ImportCounts; position: string | null }
  /** Nothing was written. At most 1,000 problems are listed, `problemCount` counts all. */
  | { kind: 'refused'; problems: ImportProblem[]; problemCount: number }
