// Loaded before a program: its disk takes nothing any more as soon as there is a file DISK_FAILS_WITH.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const sign = String(process.env.DISK_FAILS_WITH)
const working = fs.fdatasync
fs.fdatasync = (descriptor, done) => {
  if (fs.existsSync(sign)) done(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }))
  else working(descriptor, done)
}
syncBuiltinESMExports()
