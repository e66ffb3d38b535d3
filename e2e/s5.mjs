import { go } from './shot.mjs'
for (const colorScheme of ['light','dark']) await go(async (p,ws)=>{
  await p.goto(`/_gallery`); await p.getByRole('heading',{level:1}).first().waitFor(); await p.waitForTimeout(500)
  for (const t of ['Mail: entries','Writing and choosing','Grid, choices']) { await p.getByRole('heading',{name:t}).evaluate(e=>e.closest('section').scrollIntoView()); await p.waitForTimeout(200); await p.shot('g-'+colorScheme+'-'+t.slice(0,4)) }
},{colorScheme,viewport:{width:1100,height:1000}})
