import { chromium } from 'playwright-core'
const base='http://127.0.0.1:3048'
const out='/var/tmp/shots-inboxui/'
export async function go(fn, opt={}) {
  const b=await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-gpu']})
  const c=await b.newContext({baseURL:base,viewport:{width:1440,height:900},locale:'en-GB',...opt})
  const r=await c.request.post('/v1/auth/login',{data:{email:'demo@rapport.example',password:'rapport-demo'}})
  const me=await r.json(); const ws=me.organizations[0].workspaces[0].slug
  const p=await c.newPage(); p.on('pageerror',e=>console.log('PAGEERROR',String(e))); p.on('console',m=>m.type()==='error'&&!/404/.test(m.text())&&console.log('CONSOLE',m.text().slice(0,300)))
  p.shot=n=>p.screenshot({path:out+n+'.png'})
  try{ await fn(p,ws,c) } finally { await b.close() }
}
