/**
 * The one script of the dashboard: what the router says about a section takes the place of what stood there. What is opened
 * stays open, and who stands on something with the keyboard stands there still. The text comes from the router, which has
 * escaped whatever others have written.
 */
export const DASHBOARD_SCRIPT = `
(()=>{
const live=document.getElementById('live'),stale=document.getElementById('stale');
const put=({id,html})=>{
const place=document.getElementById(id);
if(place===null||place.dataset.text===html)return;
const open=[...place.querySelectorAll('details[open]')].map((one)=>one.id),
focused=document.activeElement,near=place.contains(focused)?focused.closest('[id]'):null,at=near===null||near===place?null:near.id;
place.innerHTML=html;place.dataset.text=html;
for(const one of place.querySelectorAll('details'))if(open.includes(one.id))one.open=true;
if(at!==null){const again=document.getElementById(at);
if(again!==null)(again.querySelector('summary')??again).focus({preventScroll:true})}
};
const events=new EventSource('/events'+location.search);
events.addEventListener('section',(event)=>put(JSON.parse(event.data)));
events.onopen=()=>{live.hidden=false;stale.hidden=true};
events.onerror=()=>{live.hidden=true;stale.hidden=false;
if(events.readyState===2)setTimeout(()=>location.reload(),5e3)};
})();
`.replaceAll('\n', '');
