// Starts the built binary with a demo workspace, runs every spec against it,
// stops it. "node run.js journey" runs the specs whose names contain that word.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { Server } from './lib/server.js'
import { chromium, results } from './lib/places.js'

const only = process.argv[2] ?? ''
const specs = (await readdir(new URL('specs/', import.meta.url))).filter((name) => name.endsWith('.test.js') && name.includes(only)).sort()
if (specs.length === 0) throw new Error(`No spec is named like ${only}.`)
await rm(results, { recursive: true, force: true })
await mkdir(results, { recursive: true })
chromium()

const server = new Server('server', { RAPPORT_DEMO: '1' })
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.stop().then(() => process.exit(130)))
try {
  await server.start()
  const args = ['--test', '--test-concurrency=2', ...specs.map((name) => new URL(`specs/${name}`, import.meta.url).pathname)]
  const tests = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, RAPPORT_URL: server.url } })
  const [code] = await once(tests, 'exit')
  process.exitCode = code ?? 1
} finally {
  await server.stop()
}
if (process.exitCode) console.error(`Screenshots and the server's log: ${results}`)
