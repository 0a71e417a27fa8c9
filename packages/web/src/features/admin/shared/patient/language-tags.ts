/** Languages that many people speak. What somebody speaks already is offered too. */
export const languageTags = 'ar de en es fa fr hi it ja ku nl pl pt ro ru sq tr uk ur vi zh'.split(' ')
