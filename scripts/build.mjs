// Compiles src/ to dist/ for the published package: JavaScript, its declarations, and the other files that the program reads.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, readFileSync, rmSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setupOrExit } from './setup.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
await setupOrExit({ test: true })

rmSync('dist', { recursive: true, force: true })
try {
  const compiler = ['test/node_modules/.bin/tsc', '--project', 'tsconfig.build.json']
  // On stderr, because `npm pack --json` prints its answer on stdout.
  execFileSync('node_modules/.bin/node', compiler, { stdio: ['ignore', 2, 2] })
} catch {
  process.exit(1)
}

const isAsset = (file) => /\.(html|css|js|sql|svg)$/.test(file)
cpSync('src', 'dist', { recursive: true, filter: (file) => statSync(file).isDirectory() || isAsset(file) })

if (!readFileSync('dist/main.js', 'utf8').startsWith('#!/usr/bin/env node\n')) {
  process.stderr.write(
    'tollgate: src/main.ts must begin with #!/usr/bin/env node, since it is the command of the package.\n',
  )
  process.exit(1)
}
chmodSync('dist/main.js', 0o755)
