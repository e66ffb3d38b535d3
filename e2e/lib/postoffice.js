import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A real Dovecot with one account, to which mail is delivered. */
export class PostOffice {
  #process
  #answers

  /** Starts it and returns where it is, or undefined where Dovecot is not installed. */
  async open() {
    const root = fileURLToPath(new URL('../../', import.meta.url))
    this.#process = spawn('go', ['run', './e2e/postoffice'], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] })
    let reason = ''
    this.#process.stderr.on('data', (bytes) => (reason += bytes))
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    const first = await this.#answers.next()
    if (!first.done) return JSON.parse(first.value)
    if (/not installed|dovecot/i.test(reason)) return undefined
    throw new Error(`The post office did not open: ${reason}`)
  }

  /** Puts a message into the inbox and returns when the server has it. */
  async deliver(source) {
    this.#process.stdin.write(`${Buffer.from(source).toString('base64')}\n`)
    const { done } = await this.#answers.next()
    if (done) throw new Error('The post office has closed.')
  }

  async close() {
    if (!this.#process || this.#process.exitCode !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.stdin.end()
    await gone
  }
}
