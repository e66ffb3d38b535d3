export async function fake(p){
  const st={drafts:[],outbox:[],n:0,calls:[]}
  const json=(r,b,s=200)=>r.fulfill({status:s,contentType:'application/json',body:JSON.stringify(b)})
  await p.route('**/v1/workspaces/*/senders',r=>json(r,{data:[{id:'s1',name:'Mara Lindqvist',address:'mara@northlight.example',signature:'Mara Lindqvist\nNorthlight Studio',is_default:true,state:'ready',last_error:null},{id:'s2',name:'Studio',address:'hello@northlight.example',signature:'',is_default:false,state:'trouble',last_error:'x'}]}))
  await p.route('**/v1/workspaces/*/messages/*/reply*',r=>json(r,{to:[{name:'Dorothea Pell',address:'dorothea@kestrelvane.example'}],cc:[],subject:'Re: A shop for architects?',quoted_text:'On Sunday Dorothea Pell wrote:\n> Dear Mara,\n> an idea I would like to put in front of you',sender_id:'s1',attachments:[{id:'a',filename:'Brief.pdf',size:3000}]}))
  await p.route('**/v1/workspaces/*/drafts**',async r=>{const m=r.request().method(); if(m==='GET') return json(r,{data:st.drafts}); const b=r.request().postDataJSON(); st.calls.push([m,b]); if(m==='DELETE'){st.drafts=[];return json(r,null,204)} const d={id:'d1',version:++st.n,updated_at:new Date().toISOString(),...b,attachments:[]}; st.drafts=[d]; return json(r,d,m==='POST'?201:200)})
  await p.route('**/v1/workspaces/*/uploads*',r=>json(r,{id:'u1',filename:'photo.png',content_type:'image/png',size:12345},201))
  await p.route('**/v1/workspaces/*/messages/send',r=>{const b=r.request().postDataJSON(); st.calls.push(['SEND',b]); const o={id:'o1',state:'queued',subject:b.subject,to:b.to,cc:[],bcc:[],sender_id:'s1',thread_id:b.thread_id??null,message_id:null,send_after:b.send_at??new Date(Date.now()+10000).toISOString(),sent_at:null,attempts:0,next_try_at:null,error:null,version:1}; st.sent=b; st.outbox=[o]; st.drafts=[]; return json(r,o,202)})
  await p.route('**/v1/workspaces/*/outbox**',r=>{ if(r.request().method()==='GET') return json(r,{data:st.outbox}); st.calls.push(['OUTBOX',r.request().url()]); st.outbox=[]; const d={id:'d2',version:1,updated_at:new Date().toISOString(),...st.sent,attachments:[]}; st.drafts=[d]; return json(r,d)})
  return st
}
