// Loaded before a program: its machine's clock is wrong by CLOCK_SKEW_MS.
const skewMs = Number(process.env.CLOCK_SKEW_MS)
const rightNow = Date.now
Date.now = () => rightNow() + skewMs
