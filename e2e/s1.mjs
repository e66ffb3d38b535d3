import { go } from './shot.mjs'
await go(async (p,ws)=>{
  await p.goto(`/w/${ws}/inbox`); await p.getByRole('list',{name:'Conversations'}).getByRole('link').first().waitFor(); await p.shot('inbox')
  await p.keyboard.press('j'); await p.keyboard.press('j'); await p.waitForTimeout(900); await p.shot('inbox-j')
  await p.keyboard.press('x'); await p.keyboard.press('j'); await p.keyboard.press('j');await p.keyboard.press('X'); await p.waitForTimeout(300); await p.shot('inbox-x')
  await p.keyboard.press('s'); await p.waitForTimeout(300); await p.shot('inbox-s'); await p.keyboard.press('Escape')
  await p.keyboard.press('a'); await p.waitForTimeout(300); await p.shot('inbox-a'); await p.keyboard.press('Escape')
})
