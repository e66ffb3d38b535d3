import { go } from './shot.mjs'
import { fake } from './fake.mjs'
const phone={viewport:{width:390,height:844},hasTouch:true,isMobile:true}
await go(async (p,ws)=>{
  const st=await fake(p)
  await p.goto(`/w/${ws}/inbox`); await p.getByRole('list',{name:'Conversations'}).getByRole('link').first().waitFor(); await p.waitForTimeout(300); await p.shot('m-inbox')
  await p.getByRole('list',{name:'Conversations'}).getByRole('link').nth(0).tap(); await p.waitForTimeout(1000); await p.shot('m-thread')
  await p.getByRole('button',{name:'Reply',exact:true}).tap(); await p.waitForTimeout(800); await p.shot('m-reply')
  await p.goto(`/w/${ws}/inbox?compose=new`); await p.waitForTimeout(1000); await p.shot('m-compose')
  await p.goto(`/w/${ws}/contacts`); await p.getByRole('row').nth(2).waitFor(); await p.shot('m-grid')
},phone)
await go(async (p,ws)=>{
  const st=await fake(p)
  st.outbox=[{id:'o1',state:'failed',subject:'x',to:[{address:'a@b.example'}],cc:[],bcc:[],sender_id:'s1',thread_id:null,message_id:null,send_after:new Date().toISOString(),sent_at:null,attempts:1,next_try_at:null,error:'550 5.1.1 <a@b.example>: Recipient address rejected: User unknown',version:1},{id:'o2',state:'uncertain',subject:'x',to:[{address:'a@b.example'}],cc:[],bcc:[],sender_id:'s1',thread_id:null,message_id:null,send_after:new Date().toISOString(),sent_at:null,attempts:1,next_try_at:null,error:'connection reset',version:1},{id:'o3',state:'queued',subject:'x',to:[{name:'Ana',address:'a@b.example'}],cc:[],bcc:[],sender_id:'s1',thread_id:null,message_id:null,send_after:new Date(Date.now()+8e7).toISOString(),sent_at:null,attempts:0,next_try_at:null,error:null,version:1}]
  await p.goto(`/w/${ws}/inbox`); await p.getByRole('list',{name:'Conversations'}).getByRole('link').first().waitFor();
  await p.keyboard.press('j'); await p.waitForTimeout(900); await p.shot('d-thread'); await p.keyboard.press('Enter'); await p.keyboard.press('End'); await p.waitForTimeout(400); await p.shot('d-failed')
  await p.keyboard.press('?'); await p.waitForTimeout(300); await p.shot('d-keys')
},{colorScheme:'dark'})
await go(async (p,ws)=>{
  await p.goto(`/w/${ws}/inbox?folder=all`); await p.getByRole('list',{name:'Conversations'}).getByRole('link').first().waitFor();await p.keyboard.press('j'); await p.waitForTimeout(900); await p.shot('w1100')
},{viewport:{width:1100,height:800}})
await go(async (p,ws)=>{
  await p.goto(`/w/${ws}/inbox?folder=all`); await p.getByRole('list',{name:'Conversations'}).getByRole('link').first().waitFor();await p.keyboard.press('j'); await p.waitForTimeout(900); await p.shot('w1800')
},{viewport:{width:1800,height:1000}})
