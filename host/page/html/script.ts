/** A page that tries the server listens to its own again after this, and sends its form: the way there is open for less. */
export const TRIED_MS = 4000;

/**
 * The one script of the pages that come from a dead server's address: the page turns into the server's own as soon as that
 * answers.
 *
 * It waits for the event `recovered`. Where the stream of events ends for good (too many are open, or the server itself is
 * there already and knows no such path), it asks for the page's head now and then: 503 is the page in the server's place,
 * any other answer is the server. The same look comes before every change, so that a page that can be read never gives way
 * to a browser's error. A page that is marked so tries the server: for three seconds what it sends finds the way there, so
 * it looks, and listens only after that, and so does a form that is sent meanwhile. Nobody sees it if the server is dead. An
 * answer to a form has nothing to load again: what the person wanted to see is the page before it.
 * One that says that the server is back asks nobody on the way for events.
 * The stream of events, or a look, takes the connection that the page was kept for its form: a page with one asks for another.
 * All addresses begin with the origin: a path of `//host` alone would lead away.
 */
export const SCRIPT = `
(()=>{
const live=document.getElementById('live'),again=document.getElementById('again'),home=location.origin+'/',
own=home+'.well-known/ringback/',here=location.origin+location.pathname+location.search,before=document.referrer,
isPage=(url)=>url.startsWith(home)&&!url.startsWith(own),
to=isPage(here)?here:isPage(before)?before:home,
go=()=>live.dataset.post===undefined?location.reload():location.replace(to);
let wait=3e3;
const form=document.forms[0],
keep=()=>{if(form!==undefined&&form.action.startsWith(own))fetch(own+'keep',{cache:'no-store'}).catch(()=>{})},
later=()=>{setTimeout(look,wait);wait=Math.min(2*wait,3e4);keep()},
look=(told)=>{fetch(to,{method:'HEAD',cache:'no-store',redirect:'manual'})
.then((answer)=>{if(answer.status===503&&told!==true)later();else go()},later)},
listen=()=>{const events=new EventSource(own+'events');
events.addEventListener('recovered',()=>{events.close();look(true)});
events.onopen=keep;
events.onerror=()=>{if(events.readyState===2)later()}};
if(live.dataset.back!==undefined)later();else if(live.dataset.try===undefined)listen();else{setTimeout(look,1500);setTimeout(listen,${TRIED_MS});
const until=Date.now()+${TRIED_MS};
addEventListener('submit',(event)=>{const left=until-Date.now();if(left>0){event.preventDefault();
setTimeout(()=>event.target.requestSubmit(event.submitter),left)}})}
again.href=to;
live.hidden=false;
})()
`.replaceAll('\n', '');
