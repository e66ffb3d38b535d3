// How fast the screens are with much data, as one JSON object on standard
// output: "node measure.js", started by "make bench". RAPPORT_URL is the server,
// RAPPORT_COOKIE a session, RAPPORT_PLACE the slug of the workspace.
import { chromium } from 'playwright-core'
import { chromium as executable } from './lib/places.js'

const { RAPPORT_URL: base, RAPPORT_COOKIE: cookie, RAPPORT_PLACE: place } = process.env
const rounds = 9
const rowsToScroll = 10_000
const lists = [
  { name: 'grid', path: `/w/${place}/contacts`, row: '[role=grid] [role=rowgroup] + [role=rowgroup] [role=row], [role=grid] [role=row][aria-rowindex="2"]', scroller: '[role=grid]' },
  { name: 'inbox', path: `/w/${place}/inbox?folder=all`, row: 'li[aria-posinset]', scroller: 'li[aria-posinset]' },
]

const browser = await chromium.launch({ executablePath: executable(), args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'] })
try {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  await context.addCookies(cookie.split('; ').map((c) => ({ name: c.slice(0, c.indexOf('=')), value: c.slice(c.indexOf('=') + 1), url: base })))
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const figures = {}
  for (const list of lists) {
    figures[`${list.name}_first_rows_ms`] = await firstRows(context, list)
    Object.assign(figures, await scroll(page, list))
  }
  figures.palette_ms = await palette(page)
  console.log(JSON.stringify(figures))
} finally {
  await browser.close()
}

/** From the start of a navigation until the first row is drawn, once a round. */
async function firstRows(context, { path, row }) {
  const times = []
  for (let i = 0; i <= rounds; i++) {
    const page = await context.newPage()
    await page.addInitScript((selector) => {
      const look = () => {
        if (document.querySelector(selector)?.textContent) requestAnimationFrame(() => (window.firstRow = performance.now()))
        else requestAnimationFrame(look)
      }
      look()
    }, row)
    await page.goto(path)
    const time = await page.waitForFunction(() => window.firstRow)
    if (i > 0) times.push(await time.jsonValue()) // the first fills the browser's cache
    await page.close()
  }
  return times
}

/** Scrolls on and on; the longest time in which a place in sight showed no row. */
async function scroll(page, { name, path, row, scroller }) {
  await page.goto(path)
  await page.locator(row).first().waitFor()
  const seen = await page.evaluate(
    async ({ scroller, rowsToScroll }) => {
      let box = document.querySelector(scroller)
      while (box && getComputedStyle(box).overflowY !== 'auto' && getComputedStyle(box).overflowY !== 'scroll') box = box.parentElement
      const frame = box.getBoundingClientRect()
      const places = [0.25, 0.5, 0.75, 0.95].map((part) => frame.top + frame.height * part)
      const height = () => (document.querySelector('li[aria-posinset], [role=row][aria-rowindex="2"]') ?? box.querySelectorAll('[role=row]')[1]).getBoundingClientRect().height
      const goal = rowsToScroll * height()
      let [blank, worst, slowest, last] = [0, 0, 0, performance.now()]
      const start = last
      while (box.scrollTop < goal - frame.height && last - start < 90_000) {
        box.scrollTop += 900
        await new Promise(requestAnimationFrame)
        const now = performance.now()
        const empty = places.some((y) => !document.elementFromPoint(frame.left + frame.width / 2, y)?.closest('li, [role=row]'))
        blank = empty ? blank + (now - last) : 0
        worst = Math.max(worst, blank)
        slowest = Math.max(slowest, now - last)
        last = now
      }
      return { rows: Math.round((box.scrollTop + frame.height) / height()), worst, slowest, seconds: (last - start) / 1000 }
    },
    { scroller, rowsToScroll },
  )
  return { [`${name}_scrolled_rows`]: [seen.rows], [`${name}_longest_blank_ms`]: [seen.worst], [`${name}_slowest_frame_ms`]: [seen.slowest], [`${name}_scroll_s`]: [seen.seconds] }
}

/** From the last key until the answer to it is on the screen. */
async function palette(page) {
  await page.addInitScript(() => {
    addEventListener(
      'input',
      ({ target }) => {
        const asked = target.value
        const start = performance.now()
        window.answer = undefined
        const answered = () => performance.getEntriesByType('resource').some((e) => e.name.includes('/search?') && new URL(e.name).searchParams.get('q') === asked)
        const look = () => {
          if (target.value !== asked) return
          if (answered()) requestAnimationFrame(() => (window.answer = { asked, time: performance.now() - start }))
          else requestAnimationFrame(look)
        }
        look()
      },
      true,
    )
  })
  await page.goto(`/w/${place}/contacts`)
  await page.locator('[role=grid]').waitFor()
  const times = []
  for (const words of ['ada', 'berg', 'moreau', 'quinn ok', 'invoice', 'harbour', 'proposal', 'yusuf', 'heron', 'kimura', 'delivery date', 'sven tam', 'meeting', 'zel', 'contract', 'ana', 'priya', 'warranty', 'company:lumen', 'is:unread invoice']) {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type(words, { delay: 70 })
    const answer = await page.waitForFunction((words) => window.answer?.asked === words && window.answer, words)
    times.push((await answer.jsonValue()).time)
    await page.evaluate(() => performance.clearResourceTimings())
    await page.keyboard.press('Escape')
    if (await page.getByRole('combobox').isVisible()) await page.keyboard.press('Escape')
  }
  return times
}
