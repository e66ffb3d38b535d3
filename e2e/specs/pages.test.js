import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import axe from 'axe-core'
import { Account } from '../lib/account.js'
import { pages, visit } from '../lib/pages.js'
import { results } from '../lib/places.js'
import { scene } from '../lib/stage.js'

const screens = join(results, 'screens')
const sizes = [
  { name: '1440', viewport: { width: 1440, height: 900 } },
  { name: '390', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
]

for (const { name: size, ...window } of sizes)
  for (const colorScheme of ['light', 'dark'])
    scene(`every page is accessible and fits, ${colorScheme}, ${size} wide`, async (stage) => {
      await mkdir(screens, { recursive: true })
      const demo = await Account.demo()
      const inside = await stage.window(demo, { colorScheme, ...window })
      const outside = await stage.window(undefined, { colorScheme, ...window })
      const faults = []
      for (const one of await pages(demo)) {
        const page = one.stranger ? outside : inside
        await visit(page, one)
        await page.screenshot({ path: join(screens, `${one.name}-${colorScheme}-${size}.png`) })
        faults.push(...(await barriers(page)).map((fault) => `${one.name}: ${fault}`))
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        if (wider > 0) faults.push(`${one.name}: the page is ${wider} px wider than the screen`)
      }
      assert.deepEqual(faults, [])
    })

/** What keeps people out, as axe sees it: one line a finding, serious and critical only. */
async function barriers(page) {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  const grave = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
  return grave.flatMap((v) => v.nodes.slice(0, 5).map((node) => `${v.id} at ${node.target.join(' ')}: ${node.failureSummary?.split('\n')[1]?.trim()}`))
}
