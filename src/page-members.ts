import * as z from 'zod'

/** What a list that comes in pages is asked for, beside its filters. */
export const pageAsked = {
  limit: z
    .int('must be 1 to 100')
    .min(1, 'must be 1 to 100')
    .max(100, 'must be 1 to 100')
    .default(20)
    .describe('How many on a page: 1 to 100.'),
  cursor: z.string().max(64).optional().describe('The next_cursor of the page before.'),
}

/** What its answer tells, beside its rows. */
export const pageTold = {
  next_cursor: z.string().optional().describe('Where the next page begins; absent on the last one.'),
}
