/** Cases for each property: 1,000, or what TOLLGATE_FUZZ_CASES says; `npm run fuzz` takes 40,000. */
export const numRuns = Number(process.env.TOLLGATE_FUZZ_CASES ?? 1000)
export const long = { timeout: 3_600_000 }
