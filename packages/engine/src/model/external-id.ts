/** The id of something in another system. Of its kind, one thing in a clinic has it. */
export type ExternalId = { system: string; value: string }
