import { go } from './shot.mjs'
import { fake } from './fake.mjs'
await go(async (p,ws)=>{
  const st=await fake(p)
  await p.goto(`/w/${ws}/inbox`); await p.getByRole('list',{name:'Conversations'}).getByRole('link').first().waitFor();
  await p.keyboard.press('j'); await p.keyboard.press('j'); await p.getByRole('button',{name:'Reply',exact:true}).waitFor()
  await p.keyboard.press('r'); await p.getByRole('textbox',{name:'Text'}).waitFor(); await p.waitForTimeout(400)
  console.log('focus', await p.evaluate(()=>document.activeElement?.getAttribute('aria-label')))
  await p.keyboard.type('Hello Dorothea,\n\n- one\ntwo\n\nBest'); await p.waitForTimeout(1500); await p.shot('reply')
  await p.keyboard.press('Control+Enter'); await p.waitForTimeout(700); await p.shot('sending')
  console.log(JSON.stringify(st.calls.at(-1)))
  await p.keyboard.press('z'); await p.waitForTimeout(900); await p.shot('undone'); console.log(p.url(), JSON.stringify(st.calls.at(-1)), await p.getByRole('textbox',{name:'Text'}).inputValue())
  await p.keyboard.press('Escape'); await p.waitForTimeout(400); await p.shot('kept')
  st.outbox=[{id:'o1',state:'failed',subject:'x',to:[{address:'a@b.example'}],cc:[],bcc:[],sender_id:'s1',thread_id:null,message_id:null,send_after:new Date().toISOString(),sent_at:null,attempts:1,next_try_at:null,error:'550 5.1.1 <a@b.example>: Recipient address rejected: User unknown',version:1},{id:'o2',state:'uncertain',subject:'x',to:[{address:'a@b.example'}],cc:[],bcc:[],sender_id:'s1',thread_id:null,message_id:null,send_after:new Date().toISOString(),sent_at:null,attempts:1,next_try_at:null,error:'connection reset',version:1}]
  await p.keyboard.press('j'); await p.keyboard.press('k'); await p.waitForTimeout(1200); await p.keyboard.press('Enter'); await p.keyboard.press('End'); await p.waitForTimeout(600); await p.shot('failed')
  await p.keyboard.press('c'); await p.waitForTimeout(500); await p.keyboard.type('oka'); await p.waitForTimeout(700); await p.shot('compose'); await p.keyboard.press('Enter'); await p.waitForTimeout(300); await p.shot('compose2')
  await p.getByRole('button',{name:'Other ways to send'}).click(); await p.waitForTimeout(300); await p.shot('compose-menu')
})
