/** The type of what is dragged from the waitlist to the board: the id of a request. */
export const requestDragType = 'application/x-holdfast-case-request'
