import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary, results, runs } from './places.js'
import { closedPort } from './port.js'
import { until } from './until.js'

/** A Rapport of its own: its own data, its own port, its log kept as <name>.log. */
export class Server {
  #process
  #data

  constructor(name, env = {}) {
    this.name = name
    this.env = env
  }

  /** Returns once requests are answered. The port stays the same over restarts. */
  async start() {
    if (!runs(binary)) throw new Error(`${binary} is missing: run "make build" first.`)
    this.#data ??= await dataDirectory()
    this.url ??= `http://127.0.0.1:${await closedPort()}`
    const log = createWriteStream(join(results, `${this.name}.log`), { flags: 'a' })
    const settings = { RAPPORT_DATA: this.#data, RAPPORT_LISTEN: this.url.slice('http://'.length), RAPPORT_REGISTRATION: 'open', RAPPORT_PASSWORD_MEMORY: '1', RAPPORT_AUTH_RATE: '100000' }
    this.#process = spawn(binary, ['serve'], { env: { ...withoutDatabase(process.env), ...settings, ...this.env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    this.#process.stdout.pipe(log)
    this.#process.stderr.pipe(log)
    await until(`${this.name} is ready (its log is in ${results})`, () => this.#ready(), 60_000)
  }

  /** Ends the process as Ctrl-C does; the data stay for the next start. */
  async halt() {
    const running = this.#process
    if (!running || running.exitCode !== null) return
    const gone = once(running, 'exit')
    running.kill('SIGINT')
    await gone
  }

  async stop() {
    await this.halt()
    if (this.#data) await rm(this.#data, { recursive: true, force: true })
  }

  async #ready() {
    if (this.#process.exitCode !== null) throw new Error(`${this.name} ended with code ${this.#process.exitCode}; its log is in ${results}`)
    const answer = await fetch(`${this.url}/readyz`).catch(() => undefined)
    return answer?.ok
  }
}

/** As root the database runs as another user, who must be able to walk in. */
async function dataDirectory() {
  const root = process.getuid?.() === 0
  const path = await mkdtemp(join(root ? '/var/tmp' : tmpdir(), 'rapport-e2e-'))
  if (root) await chmod(path, 0o711)
  return path
}

function withoutDatabase(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('DATABASE_')))
}
