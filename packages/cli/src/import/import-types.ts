import type { importDirectory } from '@holdfast/engine'

/** The lists of an import as the engine takes them; `row` is the number that the file's author sees. */
export type DirectoryImport = Parameters<typeof importDirectory>[1]
export type ImportList = keyof DirectoryImport
export type ImportClinic = DirectoryImport['clinics'][number]
export type ImportDoctor = DirectoryImport['doctors'][number]
export type ImportSlot = DirectoryImport['slots'][number]
export type ImportOutcome = Awaited<ReturnType<typeof importDirectory>>
