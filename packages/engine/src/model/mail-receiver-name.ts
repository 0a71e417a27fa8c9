/** The receiver of the log that plans messages to patients. Every database has it. */
export const mailReceiverName = 'email'
