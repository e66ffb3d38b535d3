import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { chromium } from 'playwright-core'
import { url } from './account.js'
import { chromium as executable, results } from './places.js'

const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
let browser
after(() => browser?.then((b) => b.close()))

/** A test with a window. A failure leaves a picture of each page; an exception of the UI is a failure. */
export function scene(rule, play, options = {}) {
  test(rule, { timeout: 240_000 }, async () => {
    const stage = new Stage(options)
    try {
      await play(stage)
      assert.deepEqual(stage.faults, [], 'the UI threw')
    } catch (error) {
      await stage.picture(rule)
      throw error
    } finally {
      await stage.close()
    }
  })
}

class Stage {
  #windows = []
  faults = []

  constructor(options) {
    this.options = options
  }

  /** A page of a new browser window; with an account it is signed in. */
  async window(account, options = {}) {
    browser ??= chromium.launch({ executablePath: executable(), args })
    const context = await (await browser).newContext({ baseURL: account?.base ?? url, viewport: { width: 1440, height: 900 }, locale: 'en-GB', timezoneId: 'Europe/Lisbon', reducedMotion: 'reduce', ...this.options, ...options })
    this.#windows.push(context)
    if (account) await context.addCookies(account.cookies())
    context.setDefaultTimeout(30_000)
    const page = await context.newPage()
    page.on('pageerror', (error) => this.faults.push(String(error)))
    return page
  }

  async picture(name) {
    await mkdir(results, { recursive: true })
    const file = name.toLowerCase().replaceAll(/\W+/g, '-').slice(0, 80)
    const pages = this.#windows.flatMap((context) => context.pages())
    await Promise.all(pages.map((page, i) => page.screenshot({ path: join(results, `${file}-${i + 1}.png`) }).catch(() => undefined)))
  }

  close() {
    return Promise.all(this.#windows.map((context) => context.close()))
  }
}

/** Whether something of an element can be seen without scrolling. */
export function inSight(locator) {
  return locator.evaluate(
    (element) =>
      new Promise((resolve) => {
        const observer = new IntersectionObserver(([entry]) => {
          observer.disconnect()
          resolve(entry.isIntersecting)
        })
        observer.observe(element)
      }),
  )
}
