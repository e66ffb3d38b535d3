import { go } from './shot.mjs'
await go(async (p,ws)=>{
  await p.goto(`/w/${ws}/contacts`); await p.getByRole('row').nth(2).waitFor(); await p.keyboard.press('j'); await p.keyboard.press('j'); await p.waitForTimeout(200); await p.shot('grid')
  await p.keyboard.press('ArrowRight');await p.keyboard.press('ArrowRight');await p.keyboard.press('ArrowRight'); await p.keyboard.type('Head of'); await p.waitForTimeout(200); await p.shot('grid-edit'); await p.keyboard.press('Tab'); await p.waitForTimeout(500); await p.shot('grid-tab'); await p.keyboard.press('Escape')
  await p.keyboard.press('x'); await p.keyboard.press('Escape'); await p.keyboard.press('ArrowLeft'); await p.waitForTimeout(200)
  console.log(await p.evaluate(()=>document.activeElement?.outerHTML.slice(0,200)))
  await p.getByRole('row').nth(4).click({position:{x:700,y:10}}); await p.waitForTimeout(1200); await p.shot('grid-panel')
  await p.getByRole('row').nth(3).click({modifiers:['Control'],position:{x:300,y:10}});await p.getByRole('row').nth(6).click({modifiers:['Shift'],position:{x:300,y:10}}); await p.waitForTimeout(300); await p.shot('grid-sel')
  await p.getByRole('button',{name:'Tag',exact:true}).last().click(); await p.waitForTimeout(300); await p.shot('grid-tag')
})
