import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { until } from './until.js'

/** Whose server the specs talk to. */
export const url = process.env.RAPPORT_URL
const password = 'correct-horse-battery'

/** Somebody with a session, as a program uses it. */
export class Account {
  #cookies = new Map()

  constructor(base = url) {
    this.base = base
  }

  /** A new user with an organization and an empty workspace of their own. */
  static async fresh(name, base) {
    const account = new Account(base)
    account.email = `${name.toLowerCase().replaceAll(/\W+/g, '.')}.${randomUUID().slice(0, 8)}@studio.example`
    account.password = password
    account.#take(await account.call('POST', '/v1/auth/register', { email: account.email, password, name, organization: `${name} and friends`, time_zone: 'Europe/Lisbon' }))
    return account
  }

  static async signIn(email, secret, base) {
    const account = new Account(base)
    Object.assign(account, { email, password: secret })
    account.#take(await account.call('POST', '/v1/auth/login', { email, password: secret }))
    return account
  }

  /** The team of the demo workspace, once its mail has been read. */
  static async demo() {
    const demo = await Account.signIn('demo@rapport.example', 'rapport-demo')
    await until('the demo mail is understood', async () => {
      const { data } = await demo.get('imports')
      return data.length > 0 && data.every((i) => i.state === 'done')
    }, 60_000)
    return demo
  }

  /** A colleague with this role, signed in. */
  async invite(name, role) {
    const email = `${name.toLowerCase()}.${randomUUID().slice(0, 8)}@studio.example`
    await this.call('POST', `/v1/organizations/${this.organization}/members`, { email, name, password, role })
    return Account.signIn(email, password, this.base)
  }

  /** An answer about the workspace, such as get('contacts'). */
  get(path) {
    return this.call('GET', `${this.root}/${path}`)
  }

  post(path, body) {
    return this.call('POST', `${this.root}/${path}`, body)
  }

  async call(method, path, body, headers) {
    const answer = await this.send(method, path, body, headers)
    const text = await answer.text()
    assert.ok(answer.ok, `${method} ${path} answered ${answer.status}: ${text}`)
    return text ? JSON.parse(text) : undefined
  }

  /** Sends a file as it is. */
  upload(path, bytes) {
    return this.call('POST', `${this.root}/${path}`, bytes)
  }

  /** The bare response, for answers that are refusals. */
  async send(method, path, body, headers = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const bytes = Buffer.isBuffer(body)
    const answer = await fetch(this.base + path, {
      method,
      headers: { cookie, 'content-type': bytes ? 'application/octet-stream' : 'application/json', 'x-csrf-token': this.#cookies.get('rapport_csrf') ?? '', ...headers },
      body: bytes ? body : JSON.stringify(body),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.#cookies.set(name, value)
    }
    return answer
  }

  /** The session, for a browser. */
  cookies() {
    return [...this.#cookies].map(([name, value]) => ({ name, value, url: this.base }))
  }

  #take(me) {
    const [organization] = me.organizations
    this.organization = organization.id
    this.workspace = organization.workspaces[0].slug
    this.root = `/v1/workspaces/${this.workspace}`
  }
}
