// Says when mail stands on the screen: "node arrival.js", started by "make bench". RAPPORT_URL is the server,
// RAPPORT_COOKIE a session, RAPPORT_PLACE the workspace. It writes "ready" once the inbox is open, then the subject of
// each conversation when its row has been drawn, until its input ends.
import { once } from 'node:events'
import { chromium } from 'playwright-core'
import { chromium as executable } from './lib/places.js'

const { RAPPORT_URL: base, RAPPORT_COOKIE: cookie, RAPPORT_PLACE: place } = process.env
const browser = await chromium.launch({ executablePath: executable(), args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'] })
try {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  await context.addCookies(cookie.split('; ').map((c) => ({ name: c.slice(0, c.indexOf('=')), value: c.slice(c.indexOf('=') + 1), url: base })))
  const page = await context.newPage()
  await page.exposeFunction('drawn', (subject) => console.log(subject))
  await page.addInitScript(() => {
    const told = new Set()
    const look = () => {
      for (const row of document.querySelectorAll('li[aria-posinset]')) {
        const [subject] = /Arrival \d+/.exec(row.textContent) ?? []
        if (!subject || told.has(subject)) continue
        told.add(subject)
        requestAnimationFrame(() => window.drawn(subject))
      }
    }
    new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true })
  })
  await page.goto(`/w/${place}/inbox?folder=all`)
  await page.getByRole('status').filter({ hasText: /^Live$/ }).waitFor()
  console.log('ready')
  process.stdin.resume()
  await once(process.stdin, 'end')
} finally {
  await browser.close()
}
